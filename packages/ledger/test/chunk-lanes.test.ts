import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, type NodeId, OperatorId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { openMemoryState } from '@borgios/ledger'
import type { PeerStream, StreamHandler } from '@borgios/peertree'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { isChunkRequest, LEDGER_STATE_PROTOCOL, STATE_BUCKETS } from '@borgios/protocol'
import { encodeChunk, openChunk } from '../src/state/state-chunk.ts'
import { proofOf, type StateSnapshot } from '../src/state/state-snapshot.ts'
import type { ArrivingState } from '../src/sync/arriving-state.ts'
import { ChunkLanes } from '../src/sync/chunk-lanes.ts'
import { pointAt } from './state-blocks.ts'
import { accountKey, accounts } from './state-tables.ts'
import { keysOf } from './support/ledger-cluster.ts'
import { nodeOf } from './support/ledger-fleet.ts'

const bounds = limits.ledgerSync
const HEIGHT = 1

/** Of several chunks. */
const snapshot: StateSnapshot = (() => {
  const state = openMemoryState([accounts])
  const layer = state.layer()
  for (let number = 0; number < 20_000; number += 1) layer.set(accounts, accountKey(number), { balance: 5n, nonce: 1 })
  state.finalize(layer, pointAt(HEIGHT))
  return state.snapshot()
})()

/** A state in memory. */
function arriving(): ArrivingState {
  const received = new Set<number>()
  return {
    nextMissing(from = 0) {
      for (let bucket = from; bucket < STATE_BUCKETS; bucket += 1) if (!received.has(bucket)) return bucket
      return undefined
    },
    async add(bytes) {
      const { level, index } = openChunk(bytes, snapshot.root)
      const range = { first: index * 2 ** level, count: 2 ** level }
      for (let bucket = range.first; bucket < range.first + range.count; bucket += 1) received.add(bucket)
      return range
    },
    complete: () => Promise.reject(new Error('not asked for')),
  }
}

const answering =
  (chunkFor: (bucket: number, index: number) => Uint8Array | undefined, served: number[] = []): StreamHandler =>
  async (stream: PeerStream) => {
    await stream.receive()
    for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
      assert(isChunkRequest(message.header))
      served.push(message.header.bucket)
      // The other side waits by then.
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      const payload = chunkFor(message.header.bucket, served.length - 1)
      if (payload === undefined) break
      await stream.send({ header: null, payload })
    }
    await stream.end()
  }

const honest = (served: number[] = []): StreamHandler => answering((bucket) => snapshot.chunk(bucket), served)
const silent: StreamHandler = () => new Promise(() => undefined)

async function settled(): Promise<void> {
  for (let turn = 0; turn < 300; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Fetches from these, in this order. */
function world(handlers: readonly StreamHandler[]) {
  const time = new ManualTime()
  const { peers } = createMemoryNetwork(time, time, handlers.length + 1, (index) => ({
    node: nodeOf(index),
    operator: OperatorId.fromBytes(keysOf(`operator of node ${index}`).publicKey),
  }))
  for (const [index, handler] of handlers.entries()) peers[index]?.handleStream(LEDGER_STATE_PROTOCOL, handler)
  const network = peers.at(-1) ?? assert.fail()
  const state = arriving()
  const faults: NodeId[] = []
  const nodes = handlers.map((_, index) => nodeOf(index))
  const lanes = new ChunkLanes({ network, clock: time, timers: time, logger: silentLogger }, state, HEIGHT)
  const done = lanes.run({
    peer: nodes[0] ?? assert.fail(),
    others: nodes.slice(1),
    leastBlocks: 1,
    onFault: (node) => faults.push(node),
    signal: new AbortController().signal,
  })
  return { time, state, faults, done }
}

test('a state comes from several peers at once, each asked for another part', async () => {
  const served: number[][] = [[], [], []]
  const { state, faults, done } = world(served.map((each) => honest(each)))
  await done
  assert.equal(state.nextMissing(), undefined)
  assert.deepEqual(faults, [])
  for (const each of served) assert(each.length > 0)
  const all = served.flat()
  assert.equal(new Set(all).size, all.length, 'nothing is asked for twice')
})

test('who is silent is told from the others, and what it held up another brings', async () => {
  const { time, state, faults, done } = world([silent, honest()])
  await settled()
  assert.notEqual(state.nextMissing(), undefined, 'its part is waited for')
  time.advance(bounds.messageMs)
  await done
  assert.equal(state.nextMissing(), undefined)
  assert.deepEqual(faults, [nodeOf(0)])
})

/** The least that is a part of the state. */
const drop = (bucket: number): Uint8Array => {
  const { bucket: bytes, siblings } = proofOf(snapshot, bucket)
  return encodeChunk({ level: 0, index: bucket, buckets: [bytes], siblings })
}

test('who brings a drop at a time is cut off, be it quick or slow', async () => {
  const served: number[] = []
  const quick = world([answering(drop, served)])
  await assert.rejects(quick.done, { code: 'LEDGER_STATE_UNFETCHED' })
  assert.deepEqual(quick.faults, [nodeOf(0)])
  assert.equal(served.length, bounds.smallChunks + 1)

  const clock = { time: new ManualTime() }
  const slowlyServed: number[] = []
  const slow = world([
    answering((bucket) => {
      // Just before its message would be late.
      clock.time.advance(bounds.messageMs - 1)
      return drop(bucket)
    }, slowlyServed),
  ])
  clock.time = slow.time
  await assert.rejects(slow.done, { code: 'LEDGER_STATE_UNFETCHED' })
  assert.deepEqual(slow.faults, [nodeOf(0)])
  assert(slowlyServed.length < 5)
})

test('false parts, parts of elsewhere, and the same part again and again are blamed on who sent them', async () => {
  const lies = [
    answering((bucket) => snapshot.chunk(bucket).subarray(1)),
    answering((bucket) => snapshot.chunk((bucket + STATE_BUCKETS / 2) % STATE_BUCKETS)),
    answering(() => new Uint8Array(limits.ledgerState.maxChunkBytes + 1)),
  ]
  for (const lie of lies) {
    const { state, faults, done } = world([lie, honest()])
    await done
    assert.equal(state.nextMissing(), undefined)
    assert.deepEqual(faults, [nodeOf(0)])
  }
  const alone = world([answering(() => snapshot.chunk(0))])
  await assert.rejects(alone.done, { code: 'LEDGER_STATE_UNFETCHED' })
  assert.deepEqual(alone.faults, [nodeOf(0)])
})

test('who does not have the state, or not any more, is no liar; what it brought stays', async () => {
  const { state, faults, done } = world([
    answering((bucket, index) => (index < 1 ? snapshot.chunk(bucket) : undefined)),
    answering(() => undefined),
  ])
  await assert.rejects(done, { code: 'LEDGER_STATE_UNFETCHED' })
  assert.deepEqual(faults, [])
  let missing = 0
  for (let at = state.nextMissing(); at !== undefined; at = state.nextMissing(at + 1)) missing += 1
  assert(missing < STATE_BUCKETS)
})
