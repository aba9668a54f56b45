import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { BorgError, encodeBase64Url, isBorgError } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import type { DaemonEvent } from '@borgios/protocol'
import { DaemonClient } from '../src/client/daemon-client.ts'
import { findDaemon } from '../src/client/find-daemon.ts'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { readPidFile } from '../src/daemon/pid-file.ts'
import { collect, job, openNodes } from './node-fixture.ts'

const withCode = (code: string) => (error: unknown) => isBorgError(error) && error.code === code

async function* bytesOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

test('status and network tell of every member, the frozen and the dead one with the reason', async () => {
  await using nodes = await openNodes(4)
  const status = await nodes.client(1).status()
  assert.equal(status.membersUp, 4)
  assert.equal(status.self.pid, process.pid)
  assert.deepEqual(status.releases, { '0.1.0': 4 })

  const ids = nodes.daemons.map((daemon) => daemon.services.context.identity.node)
  const [, second, third, fourth] = ids
  assert(second && third && fourth)
  nodes.world.network.kill(second)
  const rooms = nodes.daemons.map((daemon) => daemon.services.rooms)
  rooms[2]?.network.handle('node.describe', () => nodes.daemons[0]?.services.self.describe() ?? null)
  rooms[3]?.network.handle('node.describe', () => {
    throw new Error('no time')
  })
  const view = await nodes.client(1).network()
  assert.equal(view.nodes.length, 4)
  const whyOf = (id: string) => view.nodes.find((node) => node.id === id)
  assert.match(whyOf(second)?.why ?? '', /lost it/)
  assert.match(whyOf(third)?.why ?? '', /makes no sense/)
  assert.match(whyOf(fourth)?.why ?? '', /does not answer/)
  for (const id of [second, third, fourth]) assert.equal(whyOf(id)?.state, 'down')
  assert.equal(whyOf(ids[0] ?? '')?.state, 'attached')
})

test('a member that does not answer is silent, at once and at the place its neighbours give it', async () => {
  await using nodes = await openNodes(3)
  const [first, second, third] = nodes.daemons.map((daemon) => daemon.services.context.identity.node)
  assert(first && second && third)
  const [, frozen, above] = nodes.daemons.map((daemon) => daemon.services)
  frozen?.rooms.network.handle('node.describe', () => new Promise(() => {}))
  assert(above)
  above.rooms.network.handle('node.describe', () => ({
    ...above.self.describe(),
    parent: first,
    children: [second],
    depth: 1,
  }))
  const view = await nodes.client(1).network()
  const silent = view.nodes.find((node) => node.id === second)
  assert.equal(silent?.state, 'silent')
  assert.match(silent?.why ?? '', /did not answer within/)
  assert.deepEqual([silent?.parent, silent?.children, silent?.depth], [third, [], 2])
  const why = await nodes.client(1).why(second)
  assert.equal(why.state, 'silent')
  assert.match(why.todo, /kill -CONT/)
})

test('a file goes in and out through the socket, is listed on every node of the folder, and its health is told', async () => {
  await using nodes = await openNodes(2)
  const big = 'x'.repeat(300_000)
  const events = await collect(
    nodes.client(1).put(bytesOf('one ', big, ' end'), { name: 'a "b" ü.txt', bytes: undefined }),
  )
  const put = events.at(-1)
  assert(put?.event === 'put')
  assert.equal(put.put.bytes, 300_008)

  const file = await nodes.client(2).open(put.put.capability)
  assert.equal(file.name, 'a "b" ü.txt')
  const content = Buffer.concat(await collect(file.content)).toString()
  assert.equal(content, `one ${big} end`)

  const [entry] = await nodes.client(2).files()
  assert.equal(entry?.capability, put.put.capability)
  const [info] = await collect(nodes.client(1).info(put.put.capability, true))
  assert(info?.event === 'info' && info.info.verified)
  const catalogue = join(nodes.folder, 'records', 'files.ndjson')
  assert.equal((await stat(catalogue)).mode & 0o777, 0o600)
})

test('a get that breaks in the middle throws the error of the store, not a short file', async () => {
  await using nodes = await openNodes(1)
  const client = nodes.client(1)
  const put = (await collect(client.put(bytesOf('0123456789'), { name: 'x', bytes: 10 }))).at(-1)
  assert(put?.event === 'put')
  const broken = new BorgError('a stripe is gone', { code: 'STORE_UNREADABLE', kind: 'unavailable', retryable: true })
  nodes.world.breakGetWith = broken
  const file = await client.open(put.put.capability)
  await assert.rejects(collect(file.content), withCode('STORE_UNREADABLE'))
  await assert.rejects(client.open('borgios-file-1-unknown'), withCode('STORE_BAD_CAPABILITY'))
})

test('a put whose sender fails stores nothing and lists nothing', async () => {
  await using nodes = await openNodes(1)
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half')
    throw new Error('the disk went away')
  }
  await assert.rejects(collect(nodes.client(1).put(failing(), { name: 'x', bytes: undefined })))
  assert.deepEqual(await nodes.client(1).files(), [])
  assert.equal(nodes.world.files.size, 0)
})

test('a job tells its states and output while it runs, and is remembered with its log', async () => {
  await using nodes = await openNodes(2)
  const [first, second] = nodes.daemons.map((daemon) => daemon.services.context.identity.node)
  nodes.world.runJob = async ({ onEvent }) => {
    onEvent?.({ kind: 'state', state: 'running', node: second, why: '' })
    onEvent?.({ kind: 'log', stream: 'stdout', bytes: Buffer.from('hello\n') })
    return { exitCode: 3, why: 'it wanted to' }
  }
  const events = await collect(nodes.client(1).run(job))
  assert.deepEqual(
    events.map((event) => event.event),
    ['accepted', 'state', 'log', 'job'],
  )
  const log = events.find((event) => event.event === 'log')
  assert(log?.event === 'log')
  assert.equal(log.data, encodeBase64Url(Buffer.from('hello\n')))
  const end = events.at(-1)
  assert(end?.event === 'job')
  assert.deepEqual([end.job.exitCode, end.job.why, end.job.state], [3, 'it wanted to', 'done'])

  const [listed] = await nodes.client(2).jobs()
  assert.equal(listed?.job, end.job.job)
  assert.equal(listed?.requester, first)
  const again = await collect(nodes.client(2).logs(end.job.job.slice(0, 8), false))
  assert.deepEqual(again, events.slice(1))
  await assert.rejects(collect(nodes.client(1).logs('jzzzz', false)), withCode('NODE_UNKNOWN'))
})

test('hanging up cancels a job, detaching does not; a follower sees it to its end from another node', async () => {
  await using nodes = await openNodes(2)
  let release: () => void = () => {}
  const ran: string[] = []
  nodes.world.runJob = ({ signal }) =>
    new Promise((resolve, reject) => {
      release = () => {
        ran.push('ended')
        resolve({})
      }
      signal?.addEventListener('abort', () => {
        ran.push('cancelled')
        reject(signal.reason)
      })
    })
  const hangUp = new AbortController()
  const socket = nodePaths(embeddedNodeFolder(nodes.folder, 1)).socket
  const caller = new DaemonClient(socket, systemTimers, hangUp.signal)
  const waiting = collect(caller.run(job))
  while ((await nodes.client(1).jobs()).length === 0) await systemTimers.sleep(10)
  await systemTimers.sleep(50)
  hangUp.abort()
  await assert.rejects(waiting)
  while ((await nodes.client(1).jobs())[0]?.state === 'placing') await systemTimers.sleep(10)
  assert.equal((await nodes.client(1).jobs())[0]?.state, 'cancelled')

  const detached = await collect(nodes.client(1).run({ ...job, detach: true }))
  const [accepted] = detached
  assert(accepted?.event === 'accepted' && detached.length === 1)
  const following = collect(nodes.client(2).logs(accepted.job, true))
  await systemTimers.sleep(50)
  release()
  const end = (await following).at(-1)
  assert(end?.event === 'job' && end.job.state === 'done')
  assert.deepEqual(ran, ['cancelled', 'ended'])
})

test('jobs under way when a daemon died are marked as failed at its next start', async () => {
  await using nodes = await openNodes(1)
  nodes.world.runJob = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const [accepted] = await collect(nodes.client(1).run({ ...job, detach: true }))
  assert(accepted?.event === 'accepted')
  const identity = nodes.daemons[0]?.services.context.identity
  assert(identity)
  // What a SIGKILL leaves behind is exactly the record as it was.
  await nodes.daemons[0]?.services.book.open(identity.node)
  const [record] = (await nodes.daemons[0]?.services.book.list()) ?? []
  assert.equal(record?.state, 'failed')
  assert.match(record?.why ?? '', /stopped meanwhile/)
})

test('why explains nodes, operators, jobs, files and shards by their beginnings', async () => {
  await using nodes = await openNodes(2)
  const client = nodes.client(1)
  const identity = nodes.daemons[1]?.services.context.identity
  assert(identity)
  assert.equal((await client.why(identity.node.slice(0, 12))).what, 'node')
  assert.equal((await client.why(identity.operator.slice(0, 12))).what, 'operator')
  nodes.world.network.kill(identity.node)
  const down = await client.why(identity.node)
  assert.equal(down.state, 'down')
  assert.match(down.todo, /borgios up/)

  nodes.world.runJob = async () => ({ state: 'failed', exitCode: 137, why: 'memory' })
  const end = (await collect(client.run(job))).at(-1)
  assert(end?.event === 'job')
  assert.match((await client.why(end.job.job)).todo, /--memory/)

  const put = (await collect(client.put(bytesOf('a'), { name: 'a', bytes: 1 }))).at(-1)
  assert(put?.event === 'put')
  assert.equal((await client.why(put.put.capability)).state, 'whole')
  assert.equal((await client.why(`s${'a'.repeat(52)}`)).what, 'shard')
  await assert.rejects(client.why('nothing-such'), withCode('NODE_UNKNOWN'))
  await assert.rejects(client.why('n'), withCode('NODE_USAGE'))
})

test('the socket, the keys and the folder are the owner’s alone, however deep the folder lies', async () => {
  await using nodes = await openNodes(1, join('d'.repeat(120), 'e'.repeat(120)))
  const paths = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  for (const path of [paths.socket, paths.nodeKey, paths.operatorKey, paths.pid, paths.config]) {
    assert.equal((await stat(path)).mode & 0o777, 0o600, path)
  }
  assert.equal((await stat(paths.folder)).mode & 0o777, 0o700)
  assert(Buffer.byteLength(paths.socket) > 200)
  assert.equal((await nodes.client(1).status()).membersUp, 1)
})

test('a second daemon on a folder is refused; after the first has ended, another may come', async () => {
  await using nodes = await openNodes(1)
  await assert.rejects(nodes.start(1), withCode('NODE_FOLDER_IN_USE'))
  await nodes.daemons[0]?.stop()
  const again = await nodes.start(1)
  assert.equal(again.services.context.identity.node, nodes.daemons[0]?.services.context.identity.node)
})

test('a node that hangs while starting can be found and stopped', async () => {
  await using nodes = await openNodes(1)
  await nodes.daemons[0]?.stop()
  const { pid } = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  assert.equal(await readPidFile(pid), undefined)
  let seen: number | undefined
  nodes.world.open = async () => {
    seen = (await readPidFile(pid))?.pid
    throw new Error('no room')
  }
  await assert.rejects(nodes.start(1), /no room/)
  assert.equal(seen, process.pid)
  assert.equal(await readPidFile(pid), undefined)
})

test('a key that others may read, or of another length, stops the start', async () => {
  await using nodes = await openNodes(1)
  await nodes.daemons[0]?.stop()
  const { nodeKey } = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  await chmod(nodeKey, 0o640)
  await assert.rejects(nodes.start(1), withCode('NODE_KEY_EXPOSED'))
  await chmod(nodeKey, 0o600)
  await writeFile(nodeKey, (await readFile(nodeKey)).subarray(1))
  await assert.rejects(nodes.start(1), withCode('NODE_FILE_INVALID'))
})

test('requests that do not fit are refused one by one and harm nothing', async () => {
  await using nodes = await openNodes(1)
  const { socket } = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  const post = (path: string, body: string) =>
    `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const cases: readonly (readonly [string, RegExp])[] = [
    ['GET /v1/nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /404[\s\S]*NODE_UNKNOWN/],
    [post('/v1/why', '{'), /400[\s\S]*NODE_BAD_REQUEST/],
    [post('/v1/why', '{"subject":1}'), /400[\s\S]*subject/],
    [post('/v1/why', '{"subject":"x","more":1}'), /400[\s\S]*NODE_BAD_REQUEST/],
    [post('/v1/why', `{"subject":"${'x'.repeat(2 ** 21)}"}`), /400[\s\S]*NODE_BAD_REQUEST/],
    [post('/v1/files?name=', ''), /400[\s\S]*needs a name/],
    [post('/v1/files?name=x&bytes=-1', ''), /400[\s\S]*whole number/],
    [post('/v1/files?name=x&coding=3', ''), /400[\s\S]*two numbers/],
    ['nonsense\r\n\r\n', /400/],
    ['GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /400[\s\S]*NODE_BAD_REQUEST/],
  ]
  for (const [text, expected] of cases) assert.match(await exchange(socket, text), expected)
  await nodes.client(1).ping()
})

function exchange(socket: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const connection = connect(socket, () => connection.write(text))
    connection.on('data', (bytes) => {
      answer += bytes.toString()
    })
    connection.on('error', () => resolve(answer))
    connection.on('close', () => resolve(answer))
  })
}

test('the first node that answers is asked; a folder without one says how to start it', async () => {
  await using nodes = await openNodes(3)
  await nodes.daemons[0]?.stop()
  const found = await findDaemon(nodes.folder, systemTimers)
  assert.equal(found.socket, nodePaths(embeddedNodeFolder(nodes.folder, 2)).socket)
  const own = await findDaemon(embeddedNodeFolder(nodes.folder, 3), systemTimers)
  assert.equal(own.socket, nodePaths(embeddedNodeFolder(nodes.folder, 3)).socket)
  await assert.rejects(findDaemon(embeddedNodeFolder(nodes.folder, 1), systemTimers), withCode('NODE_NOT_RUNNING'))
  await assert.rejects(findDaemon('/nowhere', systemTimers), /borgios up/)
})

test('a line that a crash tore costs only itself', async () => {
  await using nodes = await openNodes(1)
  const client = nodes.client(1)
  await mkdir(join(nodes.folder, 'records'), { recursive: true })
  await writeFile(join(nodes.folder, 'records', 'files.ndjson'), '{"name":"torn","by')
  const put = (await collect(client.put(bytesOf('a'), { name: 'whole', bytes: 1 }))).at(-1) as DaemonEvent
  assert.equal(put.event, 'put')
  assert.deepEqual(
    (await client.files()).map((file) => file.name),
    ['whole'],
  )
})
