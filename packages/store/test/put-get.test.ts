import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { limits } from '@borgios/core'
import { bytesInChunks, eventually, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

const { maxShardBytes } = limits.store
/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }

describe('put and get', TIMEOUT, () => {
  test('gives back the bytes and the name, for all kinds of sizes', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const writer = cluster.node(0).store
    for (const size of [
      0,
      1,
      191,
      192,
      193,
      10_000,
      65_537,
      3 * maxShardBytes - 1,
      3 * maxShardBytes,
      3 * maxShardBytes + 1,
      14_000_000,
    ]) {
      const bytes = sampleBytes(size)
      const put = await writer.put(bytesInChunks(bytes), { name: `größe ${size}.bin` })
      assert.equal(put.bytes, size)
      assert.equal(put.missingShards, 0)
      assert.equal(put.stripes, Math.ceil(size / (3 * maxShardBytes)))
      const opened = await cluster.node(3).store.get(put.capability)
      assert.equal(opened.name, `größe ${size}.bin`)
      assert.equal(opened.bytes, size)
      assert.ok((await readAll(cluster.node(3).store, put.capability)).equals(bytes), `size ${size}`)
    }
  })

  test('a small file takes small shards on five distinct nodes', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    await cluster.node(0).store.put(bytesInChunks(sampleBytes(10_000)))
    const bytes = cluster.nodes.map(({ store }) => store.status().bytes)
    assert.equal(
      cluster.nodes.reduce((sum, { store }) => sum + store.status().shards, 0),
      5 + 3,
    )
    assert.ok(bytes.reduce((sum, each) => sum + each) < 25_000, `${bytes}`)
    for (const { store } of cluster.nodes) assert.ok(store.status().shards >= 1)
  })

  test('survives the loss of any two nodes of five', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(7_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    for (const [first, second] of [
      [1, 2],
      [3, 4],
    ] as const) {
      await cluster.kill(first)
      await cluster.kill(second)
      assert.ok((await readAll(cluster.node(0).store, capability)).equals(bytes))
      const info = await cluster.node(0).store.info(capability)
      assert.equal(info.spareShards, 0)
      await cluster.restart(first)
      await cluster.restart(second)
    }
    const info = await cluster.node(0).store.info(capability, { verify: true })
    assert.equal(info.presentShards, info.shards)
    assert.equal(info.spareShards, 2)
    assert.equal(info.verified, true)
  })

  test('with three of five lost it says what is missing, and works again once one is back', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(1_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    for (const index of [1, 2, 3]) await cluster.kill(index)
    await assert.rejects(readAll(cluster.node(4).store, capability), {
      code: 'STORE_UNREADABLE',
      kind: 'unavailable',
      retryable: true,
    })
    await cluster.restart(2)
    assert.ok((await readAll(cluster.node(4).store, capability)).equals(bytes))
  })

  test('refuses a put for which there are too few nodes or operators', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, operatorOf: (index) => Math.min(index, 3) })
    const source = bytesInChunks(sampleBytes(10))
    await assert.rejects(cluster.node(0).store.put(source), {
      code: 'STORE_PLACEMENT_SHORT',
      kind: 'exhausted',
      meta: { needed: 5, nodes: 5, operators: 4 },
      message: /needs 5 nodes of 5 .* only 5 nodes of 4 operators offer .*start more nodes, or choose the coding 3\+1 /,
    })
    const put = await cluster.node(0).store.put(bytesInChunks(sampleBytes(10)), { coding: { data: 2, parity: 1 } })
    assert.deepEqual(await readAll(cluster.node(1).store, put.capability), Buffer.from(sampleBytes(10)))
  })

  test('refuses codings and names it cannot store', async () => {
    await using cluster = await StoreCluster.start({ nodes: 3 })
    const { store } = cluster.node(0)
    for (const coding of [
      { data: 0, parity: 2 },
      { data: 15, parity: 2 },
      { data: 1.5, parity: 2 },
      { data: 2, parity: -1 },
    ]) {
      await assert.rejects(store.put(bytesInChunks(sampleBytes(1)), { coding }), { code: 'STORE_BAD_CODING' })
    }
    const coding = { data: 2, parity: 1 }
    for (const name of ['x'.repeat(256), '\ud800']) {
      await assert.rejects(store.put(bytesInChunks(sampleBytes(1)), { coding, name }), { code: 'STORE_BAD_NAME' })
    }
  })

  test('a failing source fails the put with its own error', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(5_000_000)
      throw new Error('the reader lost its disk')
    }
    await assert.rejects(cluster.node(0).store.put(source()), /lost its disk/)
    // All memory was given back: more stripes than there are places still go through.
    const put = await cluster.node(0).store.put(bytesInChunks(sampleBytes(30_000_000)))
    assert.equal(put.stripes, 10)
  })

  test('finishes without a node that dies on the way, and repair is left with its shards', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(20_000_000)
    async function* source(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 10_000_000)
      await cluster.kill(3)
      yield bytes.subarray(10_000_000)
    }
    const put = await cluster.node(0).store.put(source())
    assert.ok(put.missingShards > 0)
    assert.ok((await readAll(cluster.node(1).store, put.capability)).equals(bytes))
  })

  test('goes on to another node when one is full', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 6,
      capacityOf: (index) => (index === 2 ? 100_000 : 2 ** 32),
    })
    const put = await cluster.node(0).store.put(bytesInChunks(sampleBytes(9_000_000)))
    assert.equal(put.missingShards, 0)
    assert.ok(cluster.node(2).store.status().bytes <= 100_000)
  })

  test('takes another node of the same operator when one is full', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 6,
      operatorOf: (index) => Math.min(index, 4),
      capacityOf: (index) => (index === 4 ? 1000 : 2 ** 32),
    })
    const put = await cluster.node(0).store.put(bytesInChunks(sampleBytes(20_000_000)))
    assert.equal(put.missingShards, 0)
  })

  test('what a file becomes does not depend on what was in memory before', async () => {
    const capabilityOf = async (fillFirst: boolean): Promise<string> => {
      await using cluster = await StoreCluster.start({ nodes: 5 })
      if (fillFirst) await cluster.node(1).store.put(bytesInChunks(sampleBytes(20_000_000)))
      // The first key of a node is the same in every run.
      return (await cluster.node(0).store.put(bytesInChunks(sampleBytes(10_001)))).capability
    }
    assert.equal(await capabilityOf(true), await capabilityOf(false))
  })

  test('says why it stored too few shards', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5, capacityOf: (index) => (index < 2 ? 1000 : 2 ** 32) })
    await assert.rejects(cluster.node(3).store.put(bytesInChunks(sampleBytes(1_000_000))), {
      code: 'STORE_QUORUM_SHORT',
      retryable: true,
      message:
        /only 3 of at least 4 shards of stripe 0 .* is full \(1000 B free, a shard takes 326 KiB\); .* is full .* free some space/,
    })
  })

  test('a reader that stops early leaves nothing behind', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(30_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    for (let round = 0; round < 5; round += 1) {
      for await (const chunk of (await cluster.node(1).store.get(capability)).content) {
        assert.ok(Buffer.from(chunk.bytes).equals(bytes.subarray(0, chunk.bytes.length)))
        break
      }
    }
    assert.ok((await readAll(cluster.node(1).store, capability)).equals(bytes))
  })

  test('sources that stall in the middle of a stripe do not keep others from being put', {
    timeout: 60_000,
  }, async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const { store } = cluster.node(0)
    const bytes = sampleBytes(4_000_000)
    const { promise: goOn, resolve } = Promise.withResolvers<void>()
    async function* stalling(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1_000_000)
      await goOn
      yield bytes.subarray(1_000_000)
    }
    const stalled = Array.from({ length: limits.store.stripesFilling }, () => store.put(stalling()))
    assert.equal((await store.put(bytesInChunks(bytes))).missingShards, 0)
    resolve()
    for (const { capability } of await Promise.all(stalled)) assert.ok((await readAll(store, capability)).equals(bytes))
  })

  test('two nodes that put to one another at the same time do not wait in a ring', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const puts = cluster.nodes.map(({ store }, index) => store.put(bytesInChunks(sampleBytes(12_000_000, index + 1))))
    const done = await Promise.all(puts)
    await eventually(() => done.every(({ missingShards }) => missingShards === 0))
  })

  test('an aborted put or get ends with the reason', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const abort = new AbortController()
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(4_000_000)
      abort.abort(new Error('changed my mind'))
      yield sampleBytes(4_000_000)
    }
    await assert.rejects(cluster.node(0).store.put(source(), { signal: abort.signal }), /changed my mind/)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(sampleBytes(100)))
    const opened = await cluster.node(0).store.get(capability, { signal: abort.signal })
    await assert.rejects(async () => {
      for await (const _ of opened.content);
    }, /changed my mind/)
  })
})
