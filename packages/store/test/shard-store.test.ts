import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type ShardId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import { testNodeId } from '@borgios/peertree/testing'
import { shardIdOf } from '../src/coding/merkle.ts'
import { recordIdOf } from '../src/coding/stripe-record.ts'
import { ShardStore } from '../src/shards/shard-store.ts'
import { sampleBytes } from './store-cluster.ts'

describe('shards of one node', () => {
  const shardBytes = 128
  const payloads = [1, 2, 3].map((seed) => sampleBytes(shardBytes, seed))
  const record = { data: 2, parity: 1, shardBytes, shards: payloads.map(shardIdOf) }
  const id = recordIdOf(record)
  let folder = ''
  let store: ShardStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'borgios-shards-'))
    const name = async (bytes: Uint8Array): Promise<ShardId> => shardIdOf(bytes)
    store = await ShardStore.open(
      { folder, capacityBytes: 2 ** 20 },
      { name, clock: new ManualTime(), logger: silentLogger },
    )
  })

  afterEach(async () => {
    await store.close()
    await rm(folder, { recursive: true })
  })

  const put = (bytes: Uint8Array): Promise<void> => store.put({ shard: shardIdOf(bytes), id, record }, bytes)

  test('of two shards of a stripe that come at the same time one is taken', async () => {
    const outcomes = await Promise.allSettled(payloads.map(put))
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'stored' : outcome.reason.code))
    assert.deepEqual(codes, ['stored', 'STORE_STRIPE_HELD', 'STORE_STRIPE_HELD'])
    assert.equal(store.shardCount, 1)
  })

  test('what a failed put brought is gone with its record, and its room is free', async () => {
    const [bytes] = payloads
    const [shard] = record.shards
    assert.ok(bytes !== undefined && shard !== undefined)
    const origin = { node: testNodeId(1), put: 'a put' }
    await store.put({ shard, id, record, origin }, bytes)
    assert.ok(store.isBeingPut(shard))
    assert.deepEqual(store.record(id), record)
    await store.settle(origin, 'discard')
    assert.deepEqual([store.has(shard), store.record(id), store.isBeingPut(shard)], [false, undefined, false])
    assert.deepEqual([store.shardCount, store.shardBytes], [0, 0])
  })

  test('a shard that came under a false record is not taken again under that of a stripe held here', async () => {
    const [first, second] = payloads
    const [held, brought] = record.shards
    assert.ok(first !== undefined && second !== undefined && held !== undefined && brought !== undefined)
    await put(first)
    const origin = { node: testNodeId(1), put: 'a put' }
    const lie = { ...record, shards: [brought, ...record.shards.slice(2), shardIdOf(sampleBytes(shardBytes, 9))] }
    await store.put({ shard: brought, id: recordIdOf(lie), record: lie, origin }, second)
    await assert.rejects(store.put({ shard: brought, id, record, origin }, second), { code: 'STORE_STRIPE_HELD' })
    await store.settle(origin, 'discard')
    assert.deepEqual([store.has(held), store.has(brought), store.record(id)], [true, false, record])
    assert.equal(store.record(recordIdOf(lie)), undefined)
  })

  test('a record stays when one shard is taken back and another one that it names is here', async () => {
    const [first, second] = payloads
    const [brought, held] = record.shards
    assert.ok(first !== undefined && second !== undefined && brought !== undefined && held !== undefined)
    const origin = { node: testNodeId(1), put: 'a put' }
    await store.put({ shard: brought, id, record, origin }, first)
    // A record that does not name the first.
    const lie = { ...record, shards: [held, ...record.shards.slice(2), shardIdOf(sampleBytes(shardBytes, 9))] }
    await store.put({ shard: held, id: recordIdOf(lie), record: lie }, second)
    await store.settle(origin, 'discard')
    assert.deepEqual([store.has(brought), store.has(held), store.record(id)], [false, true, record])
  })

  test('what is brought anew while it is taken back is here afterwards', async () => {
    const [bytes] = payloads
    const [shard] = record.shards
    assert.ok(bytes !== undefined && shard !== undefined)
    const origin = { node: testNodeId(1), put: 'a put' }
    await store.put({ shard, id, record, origin }, bytes)
    await Promise.all([store.settle(origin, 'discard'), put(bytes)])
    using lent = await store.read(shard)
    assert.ok(lent !== undefined && Buffer.from(bytes).equals(lent.bytes))
    assert.deepEqual(store.record(id), record)
  })

  test('a shard that is put while it is removed is here afterwards, with its file', async () => {
    const [bytes] = payloads
    const [shard] = record.shards
    assert.ok(bytes !== undefined && shard !== undefined)
    await put(bytes)
    for (const change of [
      () => [store.discard(shard), put(bytes)],
      () => [put(bytes), store.discard(shard), put(bytes)],
    ]) {
      await Promise.all(change())
      using kept = await store.read(shard)
      assert.deepEqual(kept?.bytes, bytes)
      assert.deepEqual([store.shardCount, store.shardBytes], [1, shardBytes])
    }
  })
})
