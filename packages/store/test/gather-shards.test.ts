import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type LentBytes, limits, NodeId, type ShardId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { shardIdOf } from '../src/coding/merkle.ts'
import { ShardGathering } from '../src/files/gather-shards.ts'
import type { StoreContext } from '../src/files/store-context.ts'
import { sampleBytes } from './store-cluster.ts'

describe('gathering the shards of a stripe', () => {
  test('a good shard that came too late is asked for again when one before it was wrong', async () => {
    const shardBytes = 64
    const nodes = [0, 1, 2].map((seed) => NodeId.fromBytes(new Uint8Array(32).fill(seed)))
    const shards = nodes.map((_, seed) => shardIdOf(sampleBytes(shardBytes, seed)))
    const asked: { readonly shard: ShardId; readonly give: () => void }[] = []
    const holders = {
      self: NodeId.fromBytes(new Uint8Array(32).fill(9)),
      candidates: () => nodes.map((node) => ({ node })),
      get: (_: NodeId, shard: ShardId) =>
        new Promise<LentBytes>((resolve) => {
          const bytes = sampleBytes(shardBytes)
          asked.push({ shard, give: () => resolve({ bytes, [Symbol.dispose]: () => undefined }) })
        }),
      locate: async () => new Map(),
      suspect: () => undefined,
    }
    const time = new ManualTime()
    const context = { holders, timers: time, logger: silentLogger } as unknown as StoreContext
    const region = { address: 0, bytes: new Uint8Array(3 * shardBytes) }
    const coding = { data: 2, parity: 1 }
    const stripe = { what: 'a stripe', coding, shardBytes, shards, holders: nodes, region }
    const gathering = new ShardGathering(context, stripe)
    const turn = (): Promise<void> => new Promise(setImmediate)

    const first = gathering.gather()
    time.advance(limits.store.hedgeAfterMs)
    await turn()
    assert.deepEqual(
      asked.map(({ shard }) => shard),
      shards,
    )
    asked[0]?.give()
    asked[2]?.give()
    assert.deepEqual(
      (await first).map(({ position }) => position),
      [0, 2],
    )
    // While these two are being decoded.
    asked[1]?.give()
    await turn()

    gathering.reject([0])
    const second = gathering.gather()
    await turn()
    assert.equal(asked[3]?.shard, shards[1])
    asked[3]?.give()
    assert.deepEqual(
      (await second).map(({ position }) => position),
      [1, 2],
    )
  })
})
