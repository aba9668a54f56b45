import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { ShardId } from '@borgios/core'
import { STORE_HAVE } from '@borgios/protocol'
import { shardIdOf } from '../src/coding/merkle.ts'
import { bytesInChunks, eventually, quickRepair, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }
const NOTHING = new Uint8Array()

describe('a member that lies about what it holds', TIMEOUT, () => {
  const ROUNDS = 40

  /** Node 4 of 5 names shards as `claims` says and comes and goes. Resolves after the others have asked it often. */
  async function lying(
    cluster: StoreCluster,
    claims: (shard: ShardId, own: readonly ShardId[], askers: readonly ShardId[]) => boolean,
  ): Promise<void> {
    const own = cluster.shardFiles(4)
    let asked = 0
    cluster.node(4).peer.handle(STORE_HAVE, (body, { node }) => {
      asked += 1
      const asker = cluster.nodes.find(({ peer }) => peer.self === node)
      const askers = asker === undefined ? [] : cluster.shardFiles(asker.index)
      const { shards } = body as { shards: ShardId[] }
      return { present: [...shards.keys()].filter((at) => claims(shards[at] ?? shardIdOf(NOTHING), own, askers)) }
    })
    cluster.network.kill(cluster.node(4).peer.self)
    cluster.network.revive(cluster.node(4).peer.self)
    await eventually(() => asked >= 4 * ROUNDS)
  }

  for (const [what, claims] of [
    ['everything but its own', (shard: ShardId, own: readonly ShardId[]) => !own.includes(shard)],
    [
      'of each stripe just what the asker holds',
      (shard: ShardId, _: readonly ShardId[], askers: readonly ShardId[]) => askers.includes(shard),
    ],
  ] as const) {
    test(`who names ${what} makes nobody give up a shard`, async () => {
      // A turn for every other look, so that each shard has several.
      await using cluster = await StoreCluster.start({ nodes: 5, repair: { ...quickRepair, patienceMs: 40 } })
      const bytes = sampleBytes(15_000_000)
      const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
      const honest = [0, 1, 2, 3]
      const before = honest.map((index) => cluster.shardFiles(index).toSorted())
      await lying(cluster, claims)
      assert.deepEqual(
        honest.map((index) => cluster.shardFiles(index).toSorted()),
        before,
      )
      await cluster.kill(4)
      assert.ok((await readAll(cluster.node(1).store, capability)).equals(bytes))
    })
  }

  test('who names everything does not keep the others from repairing', async () => {
    await using cluster = await StoreCluster.start({ nodes: 7, repair: quickRepair })
    const bytes = sampleBytes(9_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    cluster.node(4).peer.handle(STORE_HAVE, (body) => ({
      present: [...(body as { shards: string[] }).shards.keys()],
    }))
    for (const index of [5, 6]) await cluster.kill(index)
    // Of each of the three stripes the others end up with a shard each; the liar stands for the fifth.
    const large = (index: number): readonly ShardId[] =>
      cluster.shardFiles(index).filter((shard) => statSync(cluster.shardPath(index, shard)).size > 500_000)
    await eventually(() => new Set([0, 1, 2, 3].flatMap(large)).size === 12)
    await cluster.kill(4)
    assert.ok((await readAll(cluster.node(0).store, capability)).equals(bytes))
  })
})
