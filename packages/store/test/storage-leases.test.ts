import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BorgError, isBorgError, limits, NodeId } from '@borgios/core'
import { verifyStatement } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { SHARD_RECEIPT, type ShardReceipt } from '@borgios/protocol'
import type { LeaseHold, LeaseWish, StorageLeases } from '@borgios/store'
import { bytesInChunks, eventually, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 120_000 }

/** Writes down what becomes of each hold. */
class RecordingLeases implements StorageLeases {
  readonly wishes: LeaseWish[] = []
  readonly receipts: ShardReceipt[] = []
  /** In the order in which they happened. */
  readonly ends: string[] = []
  /** Of holds that have neither been settled nor refunded. */
  readonly open = new Set<LeaseHold>()
  maxBytes = Number.POSITIVE_INFINITY
  refusal: Error | undefined
  settleFailure: Error | undefined
  refundFailure: Error | undefined
  beforeHold: (signal: AbortSignal) => Promise<void> = async () => undefined

  async hold(wish: LeaseWish, signal: AbortSignal): Promise<LeaseHold> {
    this.wishes.push(wish)
    await this.beforeHold(signal)
    if (this.refusal !== undefined) throw this.refusal
    const hold: LeaseHold = {
      maxBytes: this.maxBytes,
      stored: (receipt) => void this.receipts.push(receipt),
      settle: async () => this.#end(hold, 'settled', this.settleFailure),
      refund: async (reason) => this.#end(hold, `refunded: ${codeOf(reason)}`, this.refundFailure),
    }
    this.open.add(hold)
    return hold
  }

  async left(): Promise<readonly LeaseHold[]> {
    return [...this.open]
  }

  #end(hold: LeaseHold, what: string, failure: Error | undefined): void {
    assert.ok(this.open.has(hold), `${what}, although it had ended`)
    if (failure !== undefined) {
      this.ends.push(`not ${what}`)
      throw failure
    }
    this.open.delete(hold)
    this.ends.push(what)
  }
}

const codeOf = (error: unknown): string => (isBorgError(error) ? error.code : String(error))
const failure = (code: string) => new BorgError('a fault of the test', { code, kind: 'unavailable' })

describe('storage leases', TIMEOUT, () => {
  async function start(nodes = 5): Promise<{ cluster: StoreCluster; leases: RecordingLeases }> {
    const own = new RecordingLeases()
    return { leases: own, cluster: await StoreCluster.start({ nodes, leases: own }) }
  }
  const shardsLeft = (cluster: StoreCluster): number =>
    cluster.nodes.reduce((sum, { index }) => sum + cluster.shardFiles(index).length, 0)

  test('are held before anything is stored, and settled with a receipt for every shard', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    const bytes = sampleBytes(4_000_000)
    leases.beforeHold = async () => assert.equal(shardsLeft(cluster), 0)
    const { capability, shards } = await cluster
      .node(0)
      .store.put(bytesInChunks(bytes), { totalBytes: bytes.length, keepForMs: 5_000 })
    assert.equal(leases.wishes.length, 1)
    const { bytes: wished, coding, keepForMs } = leases.wishes[0] ?? {}
    assert.deepEqual([wished, coding, keepForMs], [bytes.length, { data: 3, parity: 2 }, 5_000])
    assert.deepEqual([leases.ends, leases.open.size], [['settled'], 0])
    assert.equal(leases.receipts.length, shards)
    for (const receipt of leases.receipts) {
      verifyStatement(sodiumEd25519, SHARD_RECEIPT, receipt, NodeId.toBytes(receipt.node))
      const holder = cluster.nodes.find(({ peer }) => peer.self === receipt.node)
      assert.ok(holder !== undefined && cluster.shardFiles(holder.index).includes(receipt.shard))
    }
    assert.ok((await readAll(cluster.node(1).store, capability)).equals(bytes))
  })

  test('are asked for a month of a size that nobody knows, when nobody says otherwise', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    await cluster.node(0).store.put(bytesInChunks(sampleBytes(1_000)))
    assert.equal(leases.wishes[0]?.bytes, undefined)
    assert.equal(leases.wishes[0]?.keepForMs, limits.store.defaultLeaseMs)
  })

  test('that are refused: the source is not touched, nothing is stored', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    leases.refusal = failure('TEST_NO_FUNDS')
    let isRead = false
    async function* source(): AsyncGenerator<Uint8Array> {
      isRead = true
      yield sampleBytes(1_000)
    }
    await assert.rejects(cluster.node(0).store.put(source()), { code: 'TEST_NO_FUNDS' })
    assert.deepEqual([isRead, shardsLeft(cluster), leases.ends], [false, 0, []])
  })

  test('are not asked for when the put cannot succeed', async () => {
    const { cluster, leases } = await start(4)
    await using _ = cluster
    const { store } = cluster.node(0)
    await assert.rejects(store.put(bytesInChunks(sampleBytes(10))), { code: 'STORE_PLACEMENT_SHORT' })
    const coding = { data: 0, parity: 1 }
    await assert.rejects(store.put(bytesInChunks(sampleBytes(10)), { coding }), { code: 'STORE_BAD_CODING' })
    const name = 'n'.repeat(256)
    await assert.rejects(store.put(bytesInChunks(sampleBytes(10)), { name }), { code: 'STORE_BAD_NAME' })
    assert.deepEqual(leases.wishes, [])
  })

  /** Puts at node 0 and expects the error, one refund and no shard. */
  async function refunded(
    { cluster, leases }: { cluster: StoreCluster; leases: RecordingLeases },
    put: Promise<unknown>,
    code: string,
    ends: readonly string[] = [`refunded: ${code}`],
  ): Promise<void> {
    await assert.rejects(put, (error) => codeOf(error) === code)
    await eventually(() => leases.ends.length === ends.length && shardsLeft(cluster) === 0)
    assert.deepEqual([leases.ends, leases.open.size], [ends, 0])
  }

  test('are refunded when too few nodes take the shards', async () => {
    const own = new RecordingLeases()
    // Three of five nodes have no room.
    const capacityOf = (index: number): number => (index < 2 ? 2 ** 32 : 0)
    await using cluster = await StoreCluster.start({ nodes: 5, leases: own, capacityOf })
    const put = cluster.node(0).store.put(bytesInChunks(sampleBytes(100_000)))
    await refunded({ cluster, leases: own }, put, 'STORE_QUORUM_SHORT')
  })

  test('are refunded when the source fails', async () => {
    const world = await start()
    await using cluster = world.cluster
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(7_000_000)
      throw failure('TEST_SOURCE')
    }
    await refunded(world, cluster.node(0).store.put(source()), 'TEST_SOURCE')
    assert.ok(world.leases.receipts.length > 0, 'some of it was stored')
  })

  test('are refunded when the put is cancelled in the middle', async () => {
    const world = await start()
    await using cluster = world.cluster
    const stop = new AbortController()
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(7_000_000)
      await eventually(() => world.leases.receipts.length > 0)
      stop.abort(failure('TEST_CANCELLED'))
      yield sampleBytes(7_000_000)
    }
    await refunded(world, cluster.node(0).store.put(source(), { signal: stop.signal }), 'TEST_CANCELLED')
  })

  test('are refunded when the put was cancelled while they were being held', async () => {
    const world = await start()
    await using cluster = world.cluster
    const stop = new AbortController()
    world.leases.beforeHold = async () => stop.abort(failure('TEST_CANCELLED'))
    const put = cluster.node(0).store.put(bytesInChunks(sampleBytes(1_000)), { signal: stop.signal })
    await refunded(world, put, 'TEST_CANCELLED')
  })

  test('are waited for only until the put is cancelled', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    const stop = new AbortController()
    leases.beforeHold = (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const put = cluster.node(0).store.put(bytesInChunks(sampleBytes(1_000)), { signal: stop.signal })
    stop.abort(failure('TEST_CANCELLED'))
    await assert.rejects(put, { code: 'TEST_CANCELLED' })
    assert.deepEqual(leases.ends, [])
  })

  test('are refunded when they cannot be settled: a file that is not paid for is not kept', async () => {
    const world = await start()
    await using cluster = world.cluster
    world.leases.settleFailure = failure('TEST_LEDGER')
    const put = cluster.node(0).store.put(bytesInChunks(sampleBytes(1_000_000)))
    await refunded(world, put, 'TEST_LEDGER', ['not settled', 'refunded: TEST_LEDGER'])
  })

  test('are refunded when the source brings more than they cover', async () => {
    const world = await start()
    await using cluster = world.cluster
    world.leases.maxBytes = 7_000_000
    const put = cluster.node(0).store.put(bytesInChunks(sampleBytes(7_000_001)))
    await refunded(world, put, 'STORE_LEASE_EXCEEDED')
  })

  test('cover a source to the byte', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    leases.maxBytes = 7_000_000
    await cluster.node(0).store.put(bytesInChunks(sampleBytes(7_000_000)))
    assert.deepEqual(leases.ends, ['settled'])
  })

  test('are refunded when the store is stopped', async () => {
    const world = await start()
    await using cluster = world.cluster
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(7_000_000)
      await new Promise(() => undefined)
    }
    const put = assert.rejects(cluster.node(0).store.put(source()), { code: 'STORE_STOPPED' })
    await eventually(() => world.leases.receipts.length > 0)
    await cluster.node(0).store.stop()
    await put
    assert.deepEqual(world.leases.ends, ['refunded: STORE_STOPPED'])
  })

  test('that an earlier process left are refunded at the start, once', async () => {
    const own = new RecordingLeases()
    await own.hold({ put: 'a'.repeat(26), bytes: 1, coding: { data: 1, parity: 0 }, keepForMs: 1 }, AbortSignal.abort())
    await using cluster = await StoreCluster.start({ nodes: 1, leases: own })
    await eventually(() => own.open.size === 0)
    await cluster.node(0).store.stop()
    assert.deepEqual(own.ends, ['refunded: STORE_RESTARTED'])
  })

  test('whose refund fails do not hide why the put failed', async () => {
    const { cluster, leases } = await start()
    await using _ = cluster
    leases.refundFailure = failure('TEST_LEDGER')
    async function* source(): AsyncGenerator<Uint8Array> {
      yield sampleBytes(1_000)
      throw failure('TEST_SOURCE')
    }
    await assert.rejects(cluster.node(0).store.put(source()), { code: 'TEST_SOURCE' })
    await eventually(() => leases.ends.length === 1)
    assert.deepEqual(leases.ends, ['not refunded: TEST_SOURCE'])
  })
})
