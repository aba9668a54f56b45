import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { JobId, NodeId, OperatorId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import type { FileInfoView, JobRecord, NetworkView, NodeView } from '@borgios/protocol'
import fc from 'fast-check'
import { readEnvironment } from '../src/adapters/index.ts'
import { jobExitCode } from '../src/cli/commands/job.ts'
import { drawTree } from '../src/cli/draw-tree.ts'
import { exitCodeOf, exitCodeOfSignal } from '../src/cli/exit-codes.ts'
import { byteCount, duration, wholeNumber } from '../src/cli/option-values.ts'
import { progressLine, speedOf } from '../src/cli/progress.ts'
import { safeLine, safeLog } from '../src/cli/safe-text.ts'
import { saveFile } from '../src/cli/save-file.ts'
import { defaultCodingFor, knownOperators, storingOperators } from '../src/daemon/open-rooms.ts'
import { explainGuest, explainInfo, explainJob, explainNode } from '../src/daemon/why.ts'
import { isWhole } from '../src/embedded/embedded-network.ts'
import { assertRunsJobs, castParts } from '../src/tour/cast.ts'
import { countNatively } from '../src/tour/native-count.ts'

const nodeId = (byte: number): NodeId => NodeId.fromBytes(new Uint8Array(32).fill(byte))
const operator = OperatorId.fromBytes(new Uint8Array(32))

function view(
  byte: number,
  parent: number | null,
  children: readonly number[],
  state: NodeView['state'] = 'attached',
): NodeView {
  const about = { id: nodeId(byte), pid: 100 + byte, operator, place: 'here/1', release: '0.1.0', why: '', load: null }
  return { ...about, parent: parent === null ? null : nodeId(parent), children: children.map(nodeId), depth: 0, state }
}

const network = (nodes: NodeView[], root: number | null = 1): NetworkView => ({
  root: root === null ? null : nodeId(root),
  degree: 2,
  nodes,
  network: `w${'a'.repeat(52)}` as NetworkView['network'],
  name: 'x',
  role: 'member',
})

test('exit codes follow from kind and blame', () => {
  assert.equal(exitCodeOf({ kind: 'invalid', blame: 'caller' }), 2)
  assert.equal(exitCodeOf({ kind: 'invalid', blame: 'peer' }), 1)
  assert.equal(exitCodeOf({ kind: 'notFound', blame: 'none' }), 3)
  assert.equal(exitCodeOf({ kind: 'denied', blame: 'self' }), 4)
  assert.equal(exitCodeOf({ kind: 'timeout', blame: 'none' }), 5)
  for (const kind of ['conflict', 'exhausted', 'unavailable', 'corrupt', 'byzantine'] as const) {
    assert.equal(exitCodeOf({ kind, blame: 'caller' }), 1)
  }
  assert.equal(exitCodeOfSignal('SIGINT'), 130)
  assert.equal(exitCodeOfSignal('SIGTERM'), 143)
  assert.equal(jobExitCode({ state: 'done', exitCode: 0 }, false), 0)
  assert.equal(jobExitCode({ state: 'failed', exitCode: 3 }, false), 1)
  assert.equal(jobExitCode({ state: 'failed', exitCode: 124 }, false), 5)
  assert.equal(jobExitCode({ state: 'failed', exitCode: 3 }, true), 3)
  assert.equal(jobExitCode({ state: 'failed', exitCode: null }, true), 1)
  assert.equal(jobExitCode({ state: 'failed', exitCode: 256 }, true), 1)
  assert.equal(jobExitCode({ state: 'failed', exitCode: 255 }, true), 255)
})

test('no text of others moves a cursor, hides or reorders', () => {
  assert.equal(safeLine('a\u001b[2Jb\r\nc\u202ed'), 'a\\x1b[2Jb\\x0d\\x0ac\\u{202e}d')
  assert.equal(safeLog('a\tb\nc\u0007'), 'a\tb\nc\\x07')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(safeLine(text)))
      assert(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(safeLog(text).replace(/[\n\t]/g, '')))
    }),
  )
})

test('the tree is drawn once for each node, whatever nodes say of each other', () => {
  const drawn = drawTree(
    network([view(1, null, [2, 3]), view(2, 1, [4]), view(3, 1, []), view(4, 2, [])]),
    (text) => text,
  )
  assert.deepEqual(
    drawn.map((line) => line.replace(/n[a-z2-7]{7}.*/, 'N')),
    ['N', '├─ N', '│  └─ N', '└─ N'],
  )
  const looped = drawTree(network([view(1, 2, []), view(2, 1, []), view(3, null, [], 'down')]), (text) => text)
  assert.equal(looped.filter((line) => /n[a-z2-7]{7}/.test(line)).length, 3)
  assert(looped.includes('Not in the tree:'))
  const silent = { ...view(2, 1, [3], 'silent'), why: 'it did not answer', load: null }
  const around = drawTree(network([view(1, null, [2]), silent, view(3, 2, [])]), (text) => text)
  assert.equal(around.length, 3, 'a silent node keeps its place')
  assert.match(around[1] ?? '', /silent .*it did not answer/)
  assert.match(
    drawTree({ ...network([]), role: 'guest' }, (text) => text).join(' '),
    /is a guest.*until it is admitted/,
  )
})

test('a network is whole when one root holds all and parents know their children', () => {
  assert(isWhole(network([view(1, null, [2]), view(2, 1, [])]), 2))
  assert(!isWhole(network([view(1, null, [2]), view(2, 1, [])]), 3))
  assert(!isWhole(network([view(1, null, []), view(2, 1, [])]), 2))
  assert(!isWhole(network([view(1, null, []), view(2, null, [])]), 2))
  assert(!isWhole(network([view(1, null, [2]), view(2, 1, [], 'orphan')]), 2))
})

test('progress tells share, speed and time left', () => {
  const samples = [
    { atMs: 0, done: 0 },
    { atMs: 2000, done: 4 * 1024 * 1024 },
  ]
  assert.equal(speedOf(samples), 2 * 1024 * 1024)
  assert.equal(speedOf(samples.slice(1)), undefined)
  assert.match(progressLine('x', 5, 10, 1), /^x {2}█{12}░{12} {2}50% {7}5 B of 10 B {7}1 B\/s {7}5s left$/)
  assert.equal(progressLine('x', 5, undefined, undefined), 'x       5 B')
  const mib = 2 ** 20
  for (const columns of [20, 40, 60, 79, 120]) {
    const lines = [1, 99, 300].map((done) => progressLine('storing a file', done * mib, 300 * mib, 7 * mib, columns))
    for (const line of lines) assert(line.length <= columns, line)
    assert.equal(new Set(lines.map((line) => line.indexOf(' of '))).size, 1, 'figures stay where they are')
  }
  assert.match(
    progressLine('storing a very long name indeed', mib, 300 * mib, 7 * mib, 79),
    /… {2}█*░* .* {5}43s left$/,
  )
})

test('numbers of options are read with their units or refused', () => {
  const [bytes, time] = [byteCount([1, 2 ** 41]), duration([1, 3_600_000])]
  assert.equal(bytes('256MiB'), 256 * 2 ** 20)
  assert.equal(bytes('1.5g'), 1.5 * 2 ** 30)
  assert.equal(bytes('1TiB'), 2 ** 40)
  assert.equal(bytes('7'), 7)
  assert.equal(time('1500ms'), 1500)
  assert.equal(time('30'), 30_000)
  assert.equal(time('5m'), 300_000)
  for (const wrong of ['', '-1', '0', 'x', '1x', '1e9999', '3TiB']) {
    assert.throws(() => bytes(wrong), wrong)
    assert.throws(() => time(wrong), wrong)
  }
  assert.throws(() => time('61m'))
  assert.throws(() => byteCount([96 * 2 ** 20, 2 ** 32])('1'), /from 96(\.0)? MiB to 4(\.0)? GiB/)
  assert.equal(wholeNumber(1, 5)('5'), 5)
  for (const wrong of ['0', '6', '1.5', '', '0x1']) assert.throws(() => wholeNumber(1, 5)(wrong))
})

test('a file follows the size of the network, is never without parity, and the wish of a large one is kept', () => {
  const wished = { data: 3, parity: 2 }
  assert.deepEqual(defaultCodingFor(1, wished), wished)
  assert.deepEqual(defaultCodingFor(2, wished), { data: 1, parity: 1 })
  assert.deepEqual(defaultCodingFor(3, wished), { data: 2, parity: 1 })
  assert.deepEqual(defaultCodingFor(5, wished), wished)
})

test('operators that store now are counted, each once', () => {
  const member = (byte: number, operatorByte: number, state: Member['state'], services: string[]): Member => {
    const about = { node: nodeId(byte), operator: OperatorId.fromBytes(new Uint8Array(32).fill(operatorByte)) }
    return { ...about, place: 'here', release: '0.1.0', addresses: [], state, services, sinceMs: 0 }
  }
  const members = [
    member(1, 1, 'up', ['store', 'compute']),
    member(2, 1, 'up', ['store']),
    member(3, 2, 'up', ['store']),
    member(4, 3, 'down', ['store']),
    member(5, 4, 'up', []),
  ]
  assert.equal(storingOperators({ members: () => members }), 2)
  assert.equal(knownOperators({ members: () => members }), 3)
})

test('why says what is wrong and what to do', () => {
  const down = explainNode({ ...view(1, null, [], 'down'), why: 'it fell' })
  assert.match(down.why, /it fell/)
  assert.match(down.todo, /borgios up/)
  const silent = explainNode({ ...view(1, null, [], 'silent'), why: 'it did not answer within 1s' })
  assert.match(silent.why, /does not answer.*may be frozen/)
  assert.match(silent.todo, /kill -CONT/)
  const guest = explainGuest(
    { node: nodeId(1), genesis: { version: 1, name: 'ours', random: '', founders: [] } },
    { why: 'nobody vouches for it', todo: 'Ask a founder' },
  )
  assert.match(guest.why, /is a guest of "ours".*until it is admitted: nobody vouches for it/)
  assert.match(guest.todo, /Ask a founder/)
  assert.match(explainNode(view(1, null, [])).why, /root of the tree/)
  assert.match(explainNode({ ...view(1, 2, []), state: 'orphan' }).why, /no place in the tree/)
  const info: FileInfoView = {
    ...{ name: 'f', bytes: 1, coding: { data: 3, parity: 2 }, stripes: 1, shards: 5, presentShards: 5 },
    ...{ verified: true, spareShards: 2, holders: [] },
  }
  assert.equal(explainInfo('c', info).state, 'whole')
  assert.equal(explainInfo('c', { ...info, presentShards: 4, spareShards: 1 }).state, 'degraded')
  assert.equal(explainInfo('c', { ...info, presentShards: 1, spareShards: -2 }).state, 'unreadable')
  const record: JobRecord = {
    ...{ job: JobId.fromBytes(new Uint8Array(16)), name: 'j', state: 'failed', exitCode: 124, node: null, why: 'late' },
    ...{ requester: nodeId(1), submittedAtMs: 0, wallTimeMs: null, outputs: [] },
  }
  assert.match(explainJob(record).todo, /--timeout/)
  assert.match(explainJob({ ...record, exitCode: 2 }).todo, /job logs/)
  assert.match(explainJob({ ...record, exitCode: null }).todo, /never ran/)
  assert.match(explainJob({ ...record, state: 'running', exitCode: null }).todo, /--follow/)
  const usage = { cpuMs: 1_500, memoryMibMs: 1_024_000, inputBytes: 2_048, outputBytes: 1_000, logBytes: 24 }
  const used = 'It used 1.5s of processor time, 1.000 GiB s of memory, 2.0 KiB in, 1.0 KiB out'
  assert.ok(explainJob({ ...record, usage, why: 'It ended.' }).why.endsWith(`: It ended. ${used}`))
  assert.ok(explainJob({ ...record, usage, why: '' }).why.endsWith(`. ${used}`))
  assert.match(explainJob({ ...record, usage, doubts: ['it bills much'] }).why, /That cannot be: it bills much/)
})

test('the tour kills the root and another holder, never the node it asks', () => {
  const tree = network([view(1, null, [2]), view(2, 1, []), view(3, 1, [])])
  const holders = [1, 2, 3].map((byte) => ({ node: nodeId(byte), shards: 1 }))
  const info = { holders } as unknown as FileInfoView
  assert.deepEqual(castParts(tree, info, nodeId(2)), { root: nodeId(1), second: nodeId(3), requester: nodeId(2) })
  assert.throws(() => castParts(tree, { ...info, holders: holders.slice(1) }, nodeId(2)), /root holds no shard/)
  assert.throws(() => castParts(tree, { ...info, holders: holders.slice(0, 2) }, nodeId(2)), /no second node/)
  assert.throws(() => castParts(network([], null), info, nodeId(2)), /no root/)
})

test('the tour tells why no node runs jobs, and goes on while one does', () => {
  const idle = {
    ...{ cpuPercent: 0, rssBytes: 0, shards: 0, storedBytes: 0, repairsPending: 0, repairsWaiting: 0, repairsDone: 0 },
    ...{ runningJobs: 0, jobSlots: 0 },
  }
  const noJobs = (id: number, jobsWhy: string | null): NodeView => ({
    ...view(id, null, []),
    load: { ...idle, jobsWhy },
  })
  const barred = network([noJobs(1, 'bwrap: no namespaces'), noJobs(2, null)])
  assert.throws(() => assertRunsJobs(barred, nodeId(2)), /bwrap: no namespaces/)
  assertRunsJobs(barred, nodeId(3))
})

test('files are replaced whole, through links, and left as they were when the source breaks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-node-'))
  try {
    const path = join(folder, 'file')
    await writeFile(path, 'one two\n three')
    assert.deepEqual(await countNatively(path), { lines: 1, words: 3, bytes: 14 })
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('broken')
    }
    await assert.rejects(saveFile(path, broken()), /broken/)
    assert.equal(await readFile(path, 'utf8'), 'one two\n three')
    await symlink(path, join(folder, 'link'))
    async function* whole(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('whole')
    }
    await saveFile(join(folder, 'link'), whole())
    assert.equal(await readFile(path, 'utf8'), 'whole')
    await assert.rejects(saveFile(folder, whole()), /is a folder/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the environment is read in one place', () => {
  const read = readEnvironment({ XDG_DATA_HOME: '/data', NO_COLOR: '1', CI: 'true' })
  const { ownCommand, ...rest } = read
  assert.deepEqual(rest, {
    defaultDataFolder: '/data/borgios',
    temporaryFolder: tmpdir(),
    plainText: true,
    ci: true,
    debug: false,
  })
  assert.notEqual(ownCommand, '')
  assert.match(readEnvironment({ XDG_DATA_HOME: 'relative' }).defaultDataFolder, /\.local\/share\/borgios$/)
  assert.equal(readEnvironment({ NO_COLOR: '' }).plainText, false)
})
