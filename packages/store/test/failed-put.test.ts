import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type JsonValue, limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { STORE_PROTOCOL, STORE_SETTLE, type StripeRecord } from '@borgios/protocol'
import { shardIdOf } from '../src/coding/merkle.ts'
import { bytesInChunks, eventually, quickRepair, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 120_000 }
const FULL_BYTES = 3_000_000

const shardsIn = (cluster: StoreCluster): number =>
  cluster.nodes.reduce((sum, { index }) => sum + cluster.shardFiles(index).length, 0)

const isEmpty = (cluster: StoreCluster): boolean =>
  shardsIn(cluster) === 0 && cluster.nodes.every(({ store }) => store.status().bytes + store.status().shards === 0)

/** Two whole stripes, then whatever `then` does. */
async function* source(then: () => Promise<void> | void): AsyncGenerator<Uint8Array> {
  yield sampleBytes(2 * 3 * limits.store.maxShardBytes)
  await then()
}

describe('a put that fails takes back what it stored', TIMEOUT, () => {
  test('when too many nodes are full; the room is there for the next one', { timeout: 20_000 }, async () => {
    await using cluster = await StoreCluster.start({
      nodes: 5,
      capacityOf: (index) => (index < 2 ? FULL_BYTES : 2 ** 32),
    })
    const { store } = cluster.node(3)
    await assert.rejects(store.put(bytesInChunks(sampleBytes(30_000_000))), { code: 'STORE_QUORUM_SHORT' })
    await eventually(() => isEmpty(cluster))
    const small = sampleBytes(2_000_000)
    // The nodes that were full are asked again once they have said that they took it back, not half a minute later.
    let capability = ''
    await eventually(async () => {
      const put = await store.put(bytesInChunks(small)).catch(() => undefined)
      capability = put?.capability ?? ''
      return put?.missingShards === 0
    })
    assert.ok((await readAll(cluster.node(0).store, capability)).equals(small))
  })

  test('when its source fails', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const failing = source(async () => {
      await eventually(() => shardsIn(cluster) >= 10)
      throw new Error('the disk broke')
    })
    await assert.rejects(cluster.node(0).store.put(failing), /the disk broke/)
    await eventually(() => isEmpty(cluster))
  })

  test('when it is aborted while its source makes it wait', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const abort = new AbortController()
    const put = cluster.node(0).store.put(
      source(() => new Promise(() => undefined)),
      { signal: abort.signal },
    )
    put.catch(() => undefined)
    await eventually(() => shardsIn(cluster) >= 10)
    abort.abort(new Error('changed my mind'))
    await assert.rejects(put, /changed my mind/)
    await eventually(() => isEmpty(cluster))
  })

  test('when its node stops in peace', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const { store } = cluster.node(0)
    const put = store.put(source(() => new Promise(() => undefined)))
    put.catch(() => undefined)
    await eventually(() => shardsIn(cluster) >= 10)
    await store.stop()
    await assert.rejects(put, { code: 'STORE_STOPPED' })
    assert.equal(shardsIn(cluster), 0)
  })

  test('and repair, however eager, brings nothing of it back', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 7,
      repair: { ...quickRepair, patienceMs: 10, sweepMs: 1 },
    })
    for (let round = 0; round < 3; round += 1) {
      const failing = source(() => {
        // A change of members makes every holder look at its stripes while the put is being taken back.
        void cluster.add(7 + round)
        throw new Error('no more')
      })
      await assert.rejects(cluster.node(0).store.put(failing), /no more/)
      await eventually(() => isEmpty(cluster))
    }
    await systemTimers.sleep(200)
    assert.ok(isEmpty(cluster))
    assert.equal(
      cluster.nodes.reduce((sum, { store }) => sum + store.status().repairsPending, 0),
      0,
    )
  })

  test('as far as it can: a node that was away is told again, one that stays away does not hold it up', async () => {
    const quick: typeof systemTimers.sleep = (delayMs, signal) =>
      systemTimers.sleep(delayMs === limits.store.settleRetryMs ? 50 : delayMs, signal)
    await using cluster = await StoreCluster.start({ nodes: 5, timers: { ...systemTimers, sleep: quick } })
    let refused = 0
    const { peer } = cluster.node(2)
    const original = cluster.node(0).peer.request.bind(cluster.node(0).peer)
    cluster.node(0).peer.request = (to, method, ...rest) => {
      if (to !== peer.self || method !== STORE_SETTLE || refused === limits.store.settleTries - 1) {
        return original(to, method, ...rest)
      }
      refused += 1
      return Promise.reject(new Error('away'))
    }
    await assert.rejects(
      cluster.node(0).store.put(
        source(() => {
          throw new Error('no more')
        }),
      ),
      /no more/,
    )
    await eventually(() => isEmpty(cluster))
    assert.equal(refused, limits.store.settleTries - 1)
  })
})

describe('taking back a put', TIMEOUT, () => {
  const shardBytes = 128
  const payloads = [1, 2, 3].map((seed) => sampleBytes(shardBytes, seed))
  const record = { data: 2, parity: 1, shardBytes, shards: payloads.map(shardIdOf) }
  const PUT = 'a'.repeat(26)

  /** Node `from` stores a shard on node 0, within a put or none. */
  async function bring(cluster: StoreCluster, from: number, put?: string): Promise<JsonValue> {
    const stream = await cluster.node(from).peer.openStream(cluster.node(0).peer.self, STORE_PROTOCOL)
    const header = { op: 'put', id: 1, shard: record.shards[0] ?? '', record, ...(put !== undefined && { put }) }
    await stream.send({ header, payload: payloads[0] ?? new Uint8Array() })
    const reply = (await stream.receive())?.header as { outcome: string; code?: string }
    await stream.end()
    return reply.code ?? reply.outcome
  }

  const settle = (cluster: StoreCluster, from: number, outcome: string, put = PUT): Promise<JsonValue> =>
    cluster.node(from).peer.request(cluster.node(0).peer.self, STORE_SETTLE, { put, outcome })

  const held = (cluster: StoreCluster): number => cluster.node(0).store.status().shards

  test('is for the node that puts, and for this put', async () => {
    await using cluster = await StoreCluster.start({ nodes: 3 })
    assert.equal(await bring(cluster, 1, PUT), 'stored')
    await settle(cluster, 2, 'discard')
    await settle(cluster, 1, 'discard', 'b'.repeat(26))
    assert.equal(held(cluster), 1)
    await settle(cluster, 1, 'discard')
    assert.equal(held(cluster), 0)
    assert.deepEqual(cluster.shardFiles(0), [])
    // One that was on its way all the while comes too late.
    assert.equal(await bring(cluster, 1, PUT), 'STORE_PUT_SETTLED')
    assert.equal(held(cluster), 0)
    assert.equal(await bring(cluster, 2), 'stored')
  })

  test('is over once the put is', async () => {
    await using cluster = await StoreCluster.start({ nodes: 3 })
    await bring(cluster, 1, PUT)
    await settle(cluster, 1, 'keep')
    await settle(cluster, 1, 'discard')
    assert.equal(held(cluster), 1)
    // Nor does bringing it again give the right to it back.
    assert.equal(await bring(cluster, 1, 'c'.repeat(26)), 'stored')
    await settle(cluster, 1, 'discard', 'c'.repeat(26))
    assert.equal(held(cluster), 1)
  })

  for (const [what, from, put] of [
    ['another node puts, too,', 2, 'd'.repeat(26)],
    ['a repair brings, too,', 2, undefined],
  ] as const) {
    test(`leaves a shard that ${what} where it is`, async () => {
      await using cluster = await StoreCluster.start({ nodes: 3 })
      await bring(cluster, 1, PUT)
      await bring(cluster, from, put)
      await settle(cluster, 1, 'discard')
      if (put !== undefined) await settle(cluster, from, 'discard', put)
      assert.equal(held(cluster), 1)
    })
  }

  test('gives no hold on what was here before: repair does not wait for it', async () => {
    await using cluster = await StoreCluster.start({ nodes: 4, repair: quickRepair })
    const first = cluster.node(0)
    const send = async (at: number, under: StripeRecord, put?: string): Promise<void> => {
      const stream = await cluster.node(3).peer.openStream(first.peer.self, STORE_PROTOCOL)
      const header = {
        op: 'put',
        id: 1,
        shard: under.shards[at] ?? '',
        record: under,
        ...(put !== undefined && { put }),
      }
      await stream.send({ header: header as JsonValue, payload: payloads[at] ?? new Uint8Array() })
      const reply = (await stream.receive())?.header as { outcome: string } | undefined
      assert.equal(reply?.outcome, 'stored')
    }
    await send(0, record)
    const [, brought, ...others] = record.shards
    assert.ok(brought !== undefined)
    // Names the second shard, which it brings with a put that never ends, but not the first.
    await send(1, { ...record, shards: [shardIdOf(sampleBytes(shardBytes, 9)), brought, ...others] }, PUT)
    await cluster.add(9)
    // One shard of two that it takes: nobody can mend it, and that is what is said of it, not that its put is under way.
    await eventually(() => first.store.status().repairsWaiting === 1)
  })

  test('is no longer possible after its node went down, or the holder was restarted', async () => {
    await using cluster = await StoreCluster.start({ nodes: 3 })
    await bring(cluster, 1, PUT)
    cluster.network.kill(cluster.node(1).peer.self)
    cluster.network.revive(cluster.node(1).peer.self)
    await settle(cluster, 1, 'discard')
    assert.equal(held(cluster), 1)
    await bring(cluster, 2, PUT)
    await cluster.kill(0)
    await cluster.restart(0)
    await settle(cluster, 2, 'discard')
    assert.equal(held(cluster), 1)
  })

  test('a completed file stays when its writer asks for its end under every name it ever used', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const puts = new Set<string>()
    const writer = cluster.node(0)
    const settled: string[] = []
    const request = writer.peer.request.bind(writer.peer)
    writer.peer.request = (to, method, body, ...rest) => {
      if (method === STORE_SETTLE) {
        puts.add((body as { put: string }).put)
        settled.push(to)
      }
      return request(to, method, body, ...rest)
    }
    const bytes = sampleBytes(4_000_000)
    const { capability } = await writer.store.put(bytesInChunks(bytes))
    await eventually(() => settled.length === 4)
    for (const put of puts) {
      for (const { peer } of cluster.nodes.slice(1)) {
        await request(peer.self, STORE_SETTLE, { put, outcome: 'discard' })
      }
    }
    const info = await writer.store.info(capability, { verify: true })
    assert.equal(info.presentShards, info.shards)
  })

  test('nonsense is refused', async () => {
    await using cluster = await StoreCluster.start({ nodes: 3 })
    for (const body of [null, {}, { put: 'x', outcome: 'discard' }, { put: PUT, outcome: 'burn' }]) {
      const to = cluster.node(0).peer.self
      await assert.rejects(cluster.node(1).peer.request(to, STORE_SETTLE, body as JsonValue), {
        code: 'STORE_BAD_MESSAGE',
      })
    }
  })
})
