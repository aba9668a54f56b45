import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { isBorgError, limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { findDaemon } from '../src/client/find-daemon.ts'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { writePidFile } from '../src/daemon/pid-file.ts'
import { assertAnswering } from '../src/embedded/silent-nodes.ts'
import { type NodeFixture, openNodes } from './node-fixture.ts'

interface Frozen extends AsyncDisposable {
  readonly nodes: NodeFixture
  readonly connections: readonly Socket[]
}

/** A network of two in which node 1 takes connections and says nothing, as a stopped process does. */
async function withNode1Frozen(): Promise<Frozen> {
  const nodes = await openNodes(2)
  await nodes.daemons[0]?.stop()
  const paths = nodePaths(embeddedNodeFolder(nodes.folder, 1))
  await writePidFile(paths.pid)
  const connections: Socket[] = []
  const server: Server = createServer((socket) => connections.push(socket)).listen(paths.socket)
  await once(server, 'listening')
  return {
    nodes,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy()
      server.close()
      await nodes[Symbol.asyncDispose]()
    },
  }
}

/** Timers in which a ping runs out like this. */
const pingsThat = (after: (callback: () => void) => () => void) => ({
  ...systemTimers,
  after: (delayMs: number, callback: () => void) =>
    delayMs === limits.node.pingTimeoutMs ? after(callback) : systemTimers.after(delayMs, callback),
})

test('a command that has found its daemon does not wait for a frozen one', async () => {
  await using frozen = await withNode1Frozen()
  const neverLate = pingsThat(() => () => {})
  const client = await findDaemon(frozen.nodes.folder, neverLate)
  assert.equal((await client.status()).self.node, frozen.nodes.daemons[1]?.services.context.identity.node)
  const [asked] = frozen.connections
  assert(asked)
  asked.resume()
  if (!asked.destroyed) await once(asked, 'close', { signal: AbortSignal.timeout(10_000) })
})

test('up names the node that does not answer, its process and what to do', async () => {
  await using frozen = await withNode1Frozen()
  const soonLate = pingsThat((callback) => systemTimers.after(300, callback))
  const signal = new AbortController().signal
  await assert.rejects(assertAnswering(frozen.nodes.folder, [1, 2], soonLate, signal), (error) => {
    assert(isBorgError(error) && error.code === 'NODE_DAEMON_SILENT' && error.kind === 'timeout')
    assert.match(error.message, new RegExp(`^node 1 \\(process ${process.pid}\\).*"kill -CONT ${process.pid}"`))
    assert.match(error.message, /"borgios down"/)
    return true
  })
  await assertAnswering(frozen.nodes.folder, [2], soonLate, signal)
})
