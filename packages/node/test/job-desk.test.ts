import assert from 'node:assert/strict'
import { readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemTimers } from '@borgios/core/adapters'
import { DaemonClient } from '../src/client/daemon-client.ts'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { collect, job, openNodes } from './node-fixture.ts'

test('hanging up while a job is still being written down cancels it, too', { timeout: 20_000 }, async () => {
  await using nodes = await openNodes(1)
  nodes.world.runJob = ({ signal }) =>
    new Promise((_, reject) => {
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  const book = nodes.daemons[0]?.services.book
  assert(book)
  const hangUp = new AbortController()
  const createLog = book.createLog.bind(book)
  book.createLog = async (...about) => {
    hangUp.abort()
    await systemTimers.sleep(200)
    return createLog(...about)
  }
  const { socket } = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  await assert.rejects(collect(new DaemonClient(socket, systemTimers, hangUp.signal).run(job)))
  while ((await book.list())[0]?.state !== 'cancelled') await systemTimers.sleep(10)
})

test('a job that runs is said to, and where, by every daemon of the folder', { timeout: 20_000 }, async () => {
  await using nodes = await openNodes(2)
  const ids = nodes.daemons.map((daemon) => daemon.services.context.identity.node)
  nodes.world.runJob = ({ onEvent, signal }) =>
    new Promise((_, reject) => {
      onEvent?.({ kind: 'state', state: 'running', node: ids[1], why: '' })
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  const [accepted] = await collect(nodes.client(1).run({ ...job, detach: true }))
  assert(accepted?.event === 'accepted')
  const [listed] = await nodes.client(1).jobs()
  assert.deepEqual([listed?.state, listed?.node], ['running', ids[1]])
  assert.match((await nodes.client(1).why(accepted.job)).why, /is running on n/)
  while ((await nodes.client(2).jobs())[0]?.state !== 'running') await systemTimers.sleep(10)
  assert.equal((await nodes.client(2).jobs())[0]?.node, ids[1])
})

test('who follows a job whose daemon was killed learns that it is over', { timeout: 20_000 }, async () => {
  await using nodes = await openNodes(2)
  nodes.world.runJob = ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  const [accepted] = await collect(nodes.client(1).run({ ...job, detach: true }))
  assert(accepted?.event === 'accepted')
  const following = collect(nodes.client(2).logs(accepted.job, true))
  assert.equal((await nodes.client(2).jobs())[0]?.state, 'placing')
  const requester = nodes.daemons[0]?.services.context.identity.node
  // As a SIGKILL leaves it: the process that is named there is no more.
  await writeFile(join(nodes.folder, 'records', 'jobs', `${requester}.pid`), '4294967295 gone\n')
  const end = (await following).at(-1)
  assert(end?.event === 'job')
  assert.equal(end.job.state, 'failed')
  assert.match(end.job.why, /stopped meanwhile/)
  assert.equal((await nodes.client(2).jobs())[0]?.state, 'failed')
})

const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

/** Paths of the files this process has open. */
const openFiles = async (): Promise<string[]> =>
  Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))

test('a job whose end finds no room on the disk still tells it, and is booked when there is room', {
  timeout: 20_000,
}, async () => {
  await using nodes = await openNodes(1)
  const book = nodes.daemons[0]?.services.book
  assert(book)
  const write = book.write.bind(book)
  const output = { name: 'report', bytes: 7, capability: 'borgios-file-1-report' }
  nodes.world.runJob = async () => {
    book.write = () => Promise.reject(noSpace())
    return { outputs: [output], why: 'as it should' }
  }
  const end = (await collect(nodes.client(1).run(job))).at(-1)
  assert(end?.event === 'job')
  assert.deepEqual([end.job.state, end.job.outputs], ['done', [output]])
  assert.match(end.job.why, /could not be written down.*ENOSPC.*as it should/)
  assert.deepEqual((await nodes.client(1).jobs())[0], end.job)
  assert.deepEqual((await collect(nodes.client(1).logs(end.job.job, true))).at(-1), end)
  assert(!(await openFiles()).includes(book.logPath(end.job.job)), 'its log is closed')

  assert.equal((await book.read(end.job.job))?.state, 'placing')
  book.write = write
  await nodes.daemons[0]?.stop()
  assert.deepEqual(await book.read(end.job.job), { ...end.job, why: 'as it should' })
})

test('what a job printed and could not be kept is said; one that cannot be begun leaves nothing', {
  timeout: 20_000,
}, async () => {
  await using nodes = await openNodes(1)
  const book = nodes.daemons[0]?.services.book
  assert(book)
  const createLog = book.createLog.bind(book)
  book.createLog = async (id, logBytes) => {
    await symlink('/dev/full', book.logPath(id))
    return createLog(id, logBytes)
  }
  nodes.world.runJob = async ({ onEvent }) => {
    onEvent?.({ kind: 'log', stream: 'stdout', bytes: Buffer.from('lost') })
    return {}
  }
  const end = (await collect(nodes.client(1).run(job))).at(-1)
  assert(end?.event === 'job' && end.job.state === 'done')
  assert.match(end.job.why, /not all it printed could be kept: ENOSPC/)
  await book.forget(end.job.job)

  book.createLog = () => Promise.reject(noSpace())
  await assert.rejects(collect(nodes.client(1).run(job)), /ENOSPC/)
  assert.deepEqual(await book.list(), [])
})
