import assert from 'node:assert/strict'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { FileInfo } from '@borgios/store'
import {
  bytesInChunks,
  eventually,
  noRepair,
  quickRepair,
  readAll,
  StoreCluster,
  sampleBytes,
} from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }

/** Every shard once on a node of its own: nothing missing, nothing twice. */
function assertWholeOnce(info: FileInfo): void {
  assert.equal(info.presentShards, info.shards)
  assert.equal(
    info.holders.reduce((sum, { shards }) => sum + shards, 0),
    info.shards,
  )
}

describe('repair', TIMEOUT, () => {
  test('puts what a lost node held on other nodes, each shard once', async () => {
    await using cluster = await StoreCluster.start({ nodes: 7, repair: quickRepair })
    const bytes = sampleBytes(7_000_000)
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(bytes))
    await cluster.kill(5)
    await cluster.kill(6)
    await eventually(async () => {
      const info = await store.info(capability)
      return info.presentShards === info.shards
    })
    assertWholeOnce(await store.info(capability, { verify: true }))
    // Two more may go now.
    await cluster.kill(3)
    await cluster.kill(4)
    assert.ok((await readAll(store, capability)).equals(bytes))
  })

  test('waits while no node is free, says so, and does it once one comes', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, repair: quickRepair })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(3_000_000)))
    await cluster.kill(4)
    await eventually(() => store.status().repairsWaiting > 0)
    assert.equal(store.status().repairsDone, 0)
    await cluster.add(9)
    await eventually(async () => {
      const info = await store.info(capability)
      return info.presentShards === info.shards
    })
    assertWholeOnce(await store.info(capability))
    await eventually(() => store.status().repairsWaiting === 0)
  })

  test('waits, and says so, while the only free node is full', { timeout: 60_000 }, async () => {
    await using cluster = await StoreCluster.start({
      nodes: 6,
      repair: quickRepair,
      capacityOf: (index) => (index === 5 ? 1000 : 2 ** 32),
    })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(3_000_000)))
    await cluster.kill(4)
    await eventually(() => cluster.nodes.some((node) => node.store.status().repairsWaiting > 0))
    await cluster.restart(4)
    await eventually(async () => {
      const info = await store.info(capability)
      return info.presentShards === info.shards
    })
  })

  test('fills a node that comes back empty', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, repair: quickRepair })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(7_000_000)))
    await cluster.kill(2)
    await cluster.restart(2, true)
    await eventually(async () => {
      const info = await store.info(capability, { verify: true })
      return info.presentShards === info.shards
    })
    assertWholeOnce(await store.info(capability))
  })

  test('does nothing when a node comes back with its shards in time', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 6,
      repair: { ...quickRepair, graceMs: 3_600_000, sweepMs: 50 },
    })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(7_000_000)))
    const before = cluster.nodes.map((_, index) => cluster.shardFiles(index))
    await cluster.kill(2)
    // Another node coming up starts a look at all stripes while node 2 is away.
    await cluster.add(9)
    await eventually(() => store.status().repairsPending > 0)
    await cluster.restart(2)
    await eventually(() => store.status().repairsPending === 0)
    assert.deepEqual(
      before,
      before.map((_, index) => cluster.shardFiles(index)),
    )
    assertWholeOnce(await store.info(capability))
  })

  for (const [what, damage] of [
    [
      'a flipped bit',
      (path: string) =>
        writeFileSync(
          path,
          readFileSync(path).map((byte, at) => (at === 5000 ? byte ^ 4 : byte)),
        ),
    ],
    ['a cut file', (path: string) => truncateSync(path, 1000)],
  ] as const) {
    test(`finds ${what} when asked to verify, and mends it`, async () => {
      await using cluster = await StoreCluster.start({ nodes: 5, repair: quickRepair })
      const { store } = cluster.node(0)
      const { capability } = await store.put(bytesInChunks(sampleBytes(3_000_000)))
      const largest = cluster.shardFiles(2).find((shard) => readFileSync(cluster.shardPath(2, shard)).length > 500_000)
      assert.ok(largest !== undefined)
      damage(cluster.shardPath(2, largest))
      const info = await store.info(capability, { verify: true })
      assert.equal(info.presentShards, info.shards - 1)
      await eventually(async () => {
        const again = await store.info(capability, { verify: true })
        return again.presentShards === again.shards
      })
      assertWholeOnce(await store.info(capability, { verify: true }))
    })
  }

  test('the scrub finds damage that nobody asked about', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 5,
      repair: { ...quickRepair, scrubPauseMs: 5, scrubRoundMs: 5 },
    })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(300_000)))
    const [shard] = cluster.shardFiles(3)
    assert.ok(shard !== undefined)
    const path = cluster.shardPath(3, shard)
    const whole = readFileSync(path)
    writeFileSync(
      path,
      whole.map((byte) => byte ^ 255),
    )
    await eventually(() => cluster.nodes.some((node) => node.store.status().repairsDone > 0))
    assertWholeOnce(await store.info(capability, { verify: true }))
  })

  test('a reader mends what it finds wrong, and reads on', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, repair: quickRepair })
    const bytes = sampleBytes(9_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    for (const index of [1, 2]) {
      // Only shards of the file, no pages of its manifest.
      for (const path of cluster.shardFiles(index).map((shard) => cluster.shardPath(index, shard))) {
        const { length } = readFileSync(path)
        if (length > 500_000) writeFileSync(path, sampleBytes(length, 99))
      }
    }
    assert.ok((await readAll(cluster.node(0).store, capability)).equals(bytes))
    // Nobody verifies: being told by the reader is what makes them look.
    await eventually(() => cluster.nodes.some((node) => node.store.status().repairsDone > 0))
    assert.ok((await readAll(cluster.node(0).store, capability)).equals(bytes))
  })

  test('shards that a put could not place are made good later', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, repair: { ...quickRepair, graceMs: 300 } })
    const bytes = sampleBytes(12_000_000)
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 4_000_000)
      await cluster.kill(3)
      yield bytes.subarray(4_000_000)
    }
    const put = await cluster.node(0).store.put(source())
    assert.ok(put.missingShards > 0)
    await cluster.restart(3)
    await eventually(async () => {
      const info = await cluster.node(0).store.info(put.capability)
      return info.presentShards === info.shards
    })
  })

  test('without repair nothing of the kind happens by itself', async () => {
    await using cluster = await StoreCluster.start({ nodes: 6, repair: noRepair })
    const { store } = cluster.node(0)
    const { capability } = await store.put(bytesInChunks(sampleBytes(3_000_000)))
    const lost = cluster.nodes.find(({ index }) => index > 0 && cluster.shardFiles(index).length > 0)
    assert.ok(lost !== undefined)
    await cluster.kill(lost.index)
    const info = await store.info(capability)
    assert.ok(info.presentShards < info.shards)
  })
})
