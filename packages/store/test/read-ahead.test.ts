import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { bytesInChunks, eventually, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }

describe('reading ahead', TIMEOUT, () => {
  test('readers that pause hold little together, and nobody up', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const { store } = cluster.node(0)
    const bytes = sampleBytes(5 * 3 * limits.store.maxShardBytes)
    const { capability } = await store.put(bytesInChunks(bytes, 1_000_003))
    let opened = 0
    const open = cluster.codec.open.bind(cluster.codec)
    cluster.codec.open = (...args) => {
      opened += 1
      return open(...args)
    }
    const pausing = async () => {
      const content = (await store.get(capability)).content[Symbol.asyncIterator]()
      await content.next()
      return content
    }
    const readers: Awaited<ReturnType<typeof pausing>>[] = []
    for (let count = 0; count < 12; count += 1) readers.push(await pausing())
    const expected = readers.length + limits.store.stripesReadAhead
    await eventually(() => opened >= expected)
    await systemTimers.sleep(200)
    assert.equal(opened, expected)
    assert.ok((await readAll(store, capability)).equals(bytes))
    const small = await store.put(bytesInChunks(sampleBytes(1000)))
    assert.equal(small.missingShards, 0)
    for (const reader of readers) await reader.return?.()
    // All places are free again: one reads ahead as far as ever.
    opened = 0
    const reader = await pausing()
    await eventually(() => opened === limits.store.stripesInFlight)
    await reader.return?.()
  })
})
