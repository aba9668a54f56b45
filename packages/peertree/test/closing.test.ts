import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { networkIdOf } from '@borgios/crypto'
import { FrameKind } from '@borgios/protocol'
import type { EngineEvents } from '../src/engine/engine.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { genesisNamed, helloOf, RawPeer, startNode } from './session-support.ts'
import { signerOf, until } from './support.ts'

/** Its peers never take the last bytes: no stream ends in peace. */
class ClingingEngine extends MemoryEngine {
  override start(events: EngineEvents): Promise<void> {
    return super.start({
      ...events,
      onStream: (connection, protocol, stream) => {
        stream.end = () => new Promise(() => {})
        events.onStream(connection, protocol, stream)
      },
    })
  }
}

async function clungTo() {
  const [net, time] = [new MemoryNet(), new ManualTime()]
  const node = await startNode({
    n: 1,
    time,
    engine: new ClingingEngine(net, NodeId.fromBytes(signerOf(1).publicKey)),
  })
  return { net, time, node, raw: await RawPeer.dial(net, 2, node) }
}

test('a node stops in time though a peer takes nothing more', { timeout: 20_000 }, async () => {
  const { time, node, raw } = await clungTo()
  raw.send(FrameKind.hello, helloOf(2))
  await until(() => node.opened.length === 1)
  const stopped = node.sessions.stop()
  time.advance(limits.peertree.closeTimeoutMs)
  await stopped
  await raw.untilClosed()
  assert.equal(node.closed.length, 1)
})

test('a peer that said goodbye and takes nothing more is cut off', { timeout: 20_000 }, async () => {
  const { time, node, raw } = await clungTo()
  raw.send(FrameKind.hello, helloOf(2))
  raw.send(FrameKind.goodbye, { code: 'idle' })
  await until(() => node.closed.length === 1)
  time.advance(limits.peertree.closeTimeoutMs)
  await raw.untilClosed()
})

test('a refused peer that takes nothing more is cut off', { timeout: 20_000 }, async () => {
  const { time, raw } = await clungTo()
  raw.send(FrameKind.hello, helloOf(2, { network: networkIdOf(genesisNamed('other')) }))
  await until(() => raw.received.length > 0, 'the refusal')
  time.advance(limits.peertree.closeTimeoutMs)
  await raw.untilClosed()
})
