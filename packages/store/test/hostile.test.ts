import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type JsonValue, limits, NetworkId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { signStatement } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { PeerStream, StreamMessage } from '@borgios/peertree'
import { SHARD_RECEIPT, STORE_HAVE, STORE_PROTOCOL, shardRequestCheck } from '@borgios/protocol'
import { shardIdOf } from '../src/coding/merkle.ts'
import { recordIdOf } from '../src/coding/stripe-record.ts'
import { bytesInChunks, eventually, quickRepair, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }
const NOTHING = new Uint8Array()
const network = NetworkId.fromBytes(new Uint8Array(32))

/** Makes a node answer shard requests as `answer` says; undefined: not at all. */
function impersonate(
  cluster: StoreCluster,
  index: number,
  answer: (message: StreamMessage) => StreamMessage | undefined,
): void {
  cluster.node(index).peer.handleStream(STORE_PROTOCOL, async (stream) => {
    for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
      const reply = answer(message)
      if (reply !== undefined) await stream.send(reply)
    }
  })
}

const idOf = (header: JsonValue): number => {
  assert.ok(shardRequestCheck.Check(header))
  return header.id
}

describe('peers that lie', TIMEOUT, () => {
  const receiptFor = (header: JsonValue, signedBy: number, change: Record<string, JsonValue> = {}): JsonValue => {
    assert.ok(shardRequestCheck.Check(header) && header.op === 'put')
    const { shard, record } = header
    const signer = sodiumEd25519.signerFromSeed(new Uint8Array(32).fill(signedBy + 1))
    const body = { network, shard, bytes: record.shardBytes, record: recordIdOf(record), timeMs: 1, ...change }
    return signStatement(signer, SHARD_RECEIPT, body)
  }

  for (const [what, receiptOf] of [
    ['signed by another node', (header: JsonValue, self: string) => receiptFor(header, 5, { node: self })],
    ['of another node', (header: JsonValue, _: string, other: string) => receiptFor(header, 2, { node: other })],
    [
      'for another shard',
      (header: JsonValue, self: string) => receiptFor(header, 2, { node: self, shard: shardIdOf(NOTHING) }),
    ],
    ['for fewer bytes', (header: JsonValue, self: string) => receiptFor(header, 2, { node: self, bytes: 1 })],
    [
      'for another stripe',
      (header: JsonValue, self: string) => receiptFor(header, 2, { node: self, record: 'a'.repeat(52) }),
    ],
    [
      'for another network',
      (header: JsonValue, self: string) =>
        receiptFor(header, 2, { node: self, network: NetworkId.fromBytes(new Uint8Array(32).fill(1)) }),
    ],
  ] as const) {
    test(`a receipt ${what} counts for nothing`, async () => {
      await using cluster = await StoreCluster.start({ nodes: 6 })
      const [self, other] = [cluster.node(2).peer.self, cluster.node(3).peer.self]
      let asked = 0
      impersonate(cluster, 2, ({ header }) => {
        asked += 1
        return {
          header: { outcome: 'stored', id: idOf(header), receipt: receiptOf(header, self, other) },
          payload: NOTHING,
        }
      })
      const bytes = sampleBytes(9_000_000)
      const put = await cluster.node(0).store.put(bytesInChunks(bytes))
      assert.ok(asked > 0)
      assert.equal(put.missingShards, 0)
      await cluster.kill(2)
      const info = await cluster.node(0).store.info(put.capability)
      assert.equal(info.presentShards, info.shards)
    })
  }

  test('an honest receipt is taken, so the others failed for what was wrong with them', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const self = cluster.node(2).peer.self
    impersonate(cluster, 2, ({ header }) => ({
      header: { outcome: 'stored', id: idOf(header), receipt: receiptFor(header, 2, { node: self }) },
      payload: NOTHING,
    }))
    assert.equal((await cluster.node(0).store.put(bytesInChunks(sampleBytes(1000)))).missingShards, 0)
  })

  for (const [what, answer] of [
    ['other bytes', (id: number) => ({ header: { outcome: 'shard', id }, payload: sampleBytes(333_376, 5) })],
    ['bytes of another length', (id: number) => ({ header: { outcome: 'shard', id }, payload: sampleBytes(100) })],
    [
      'a receipt instead of a shard',
      (id: number) => ({ header: { outcome: 'failed', id, kind: 'corrupt', code: 'X' }, payload: NOTHING }),
    ],
    ['nonsense', () => ({ header: { hello: 'there' }, payload: NOTHING })],
  ] as const) {
    test(`who answers with ${what} is read around`, async () => {
      await using cluster = await StoreCluster.start({ nodes: 5 })
      const bytes = sampleBytes(1_000_000)
      const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
      await Promise.all([3, 4].map((index) => cluster.node(index).peer.cutStreams()))
      let asked = 0
      for (const index of [3, 4]) {
        impersonate(cluster, index, ({ header }) => {
          asked += 1
          return answer(idOf(header))
        })
      }
      for (const index of [0, 1, 2]) assert.ok((await readAll(cluster.node(index).store, capability)).equals(bytes))
      assert.ok(asked > 0)
    })
  }

  test('a holder that never answers is not waited for', async () => {
    // No request ever times out here: only asking somebody else helps.
    const after: typeof systemTimers.after = (delayMs, callback) =>
      delayMs >= limits.store.transferTimeoutMs ? () => undefined : systemTimers.after(delayMs, callback)
    await using cluster = await StoreCluster.start({ nodes: 5, timers: { ...systemTimers, after } })
    const bytes = sampleBytes(1_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    for (const index of [3, 4]) {
      cluster.node(index).peer.cutStreams()
      impersonate(cluster, index, () => undefined)
    }
    for (const index of [0, 1]) assert.ok((await readAll(cluster.node(index).store, capability)).equals(bytes))
  })

  test('who claims to hold everything does not make a file whole when it is verified by reading', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(1_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    cluster.node(4).peer.handle(STORE_HAVE, (body) => ({
      present: (body as { shards: string[] }).shards.map((_, at) => at),
    }))
    for (const index of [1, 2]) await cluster.kill(index)
    await cluster.node(4).peer.cutStreams()
    impersonate(cluster, 4, ({ header }) => ({
      header: { outcome: 'shard', id: idOf(header) },
      payload: sampleBytes(333_376, 5),
    }))
    await assert.rejects(readAll(cluster.node(0).store, capability), { code: 'STORE_UNREADABLE' })
  })
})

describe('what a store takes in', TIMEOUT, () => {
  const shardBytes = 128
  const payloads = [0, 1, 2].map((seed) => sampleBytes(shardBytes, seed + 1))
  const shards = payloads.map(shardIdOf)
  const record = { data: 2, parity: 1, shardBytes, shards }
  const good = { op: 'put', id: 1, shard: shards[0] ?? '', record }

  async function ask(stream: PeerStream, header: JsonValue, payload: Uint8Array = payloads[0] ?? NOTHING) {
    await stream.send({ header, payload })
    return (await stream.receive())?.header
  }

  test('only whole, rightly named shards of sound stripes', async () => {
    await using cluster = await StoreCluster.start({ nodes: 2 })
    const stranger = cluster.node(1).peer
    const open = () => stranger.openStream(cluster.node(0).peer.self, STORE_PROTOCOL)
    const failing: [JsonValue, Uint8Array, string][] = [
      [good, sampleBytes(shardBytes, 9), 'STORE_WRONG_SHARD'],
      [good, sampleBytes(64), 'STORE_WRONG_SHARD'],
      [{ ...good, shard: shardIdOf(NOTHING) }, NOTHING, 'STORE_BAD_MESSAGE'],
      [{ ...good, record: { ...record, shards: shards.slice(0, 2) } }, payloads[0] ?? NOTHING, 'STORE_BAD_MESSAGE'],
      [
        { ...good, record: { ...record, shards: [shards[0], shards[0], shards[1]] as string[] } },
        payloads[0] ?? NOTHING,
        'STORE_BAD_MESSAGE',
      ],
      [{ ...good, record: { ...record, data: 1, parity: 2 } }, payloads[0] ?? NOTHING, 'STORE_BAD_MESSAGE'],
      [{ ...good, record: { ...record, shardBytes: 100 } }, payloads[0] ?? NOTHING, 'STORE_BAD_MESSAGE'],
      [{ op: 'get', id: 1, shard: shards[1] ?? '' }, NOTHING, 'STORE_SHARD_NOT_FOUND'],
    ]
    const stream = await open()
    for (const [header, payload, code] of failing) {
      const reply = (await ask(stream, header, payload)) as { outcome: string; code: string }
      assert.deepEqual([reply.outcome, reply.code], ['failed', code])
    }
    for (const header of [
      null,
      'put',
      { ...good, id: -1 },
      { ...good, more: 1 },
      { ...good, op: 'delete' },
      { ...good, shard: '../../etc/passwd' },
    ]) {
      await assert.rejects(ask(await open(), header))
    }
    assert.equal(cluster.node(0).store.status().shards, 0)
    const reply = (await ask(stream, good)) as { outcome: string }
    assert.equal(reply.outcome, 'stored')
    assert.equal(cluster.node(0).store.status().shards, 1)
    // A second shard of the same stripe would be lost together with the first.
    const second = (await ask(stream, { ...good, shard: shards[1] ?? '' }, payloads[1])) as { code: string }
    assert.equal(second.code, 'STORE_STRIPE_HELD')
    assert.deepEqual(cluster.shardFiles(0), [shards[0]])
  })

  test('a record whose shards do not belong together makes nobody store garbage', async () => {
    await using cluster = await StoreCluster.start({ nodes: 4, repair: quickRepair })
    const garbage = shardIdOf(sampleBytes(shardBytes, 77))
    const lie = { ...record, shards: [shards[0] ?? garbage, shards[1] ?? garbage, garbage] }
    for (const position of [0, 1]) {
      const stream = await cluster.node(3).peer.openStream(cluster.node(position).peer.self, STORE_PROTOCOL)
      const header = { op: 'put', id: 1, shard: lie.shards[position] ?? garbage, record: lie }
      assert.equal(((await ask(stream, header, payloads[position])) as { outcome: string }).outcome, 'stored')
    }
    // Anyone's coming makes the holders look at their stripes.
    await cluster.add(9)
    const held = () => cluster.nodes.map(({ store }) => store.status().shards)
    await eventually(
      () => cluster.node(0).store.status().repairsPending + cluster.node(1).store.status().repairsPending > 0,
    )
    await eventually(
      () => cluster.node(0).store.status().repairsPending + cluster.node(1).store.status().repairsPending === 0,
    )
    assert.deepEqual(held(), [1, 1, 0, 0, 0])
  })

  test('questions about shards are bounded and checked', async () => {
    await using cluster = await StoreCluster.start({ nodes: 2 })
    const { peer } = cluster.node(1)
    const to = cluster.node(0).peer.self
    for (const body of [
      null,
      {},
      { shards: ['x'], verify: false },
      { shards: Array(limits.store.shardsPerQuestion + 1).fill(shards[0]), verify: false },
    ]) {
      await assert.rejects(peer.request(to, STORE_HAVE, body as JsonValue), { code: 'STORE_BAD_MESSAGE' })
    }
    assert.deepEqual(await peer.request(to, STORE_HAVE, { shards, verify: true }), { present: [] })
  })
})

describe('a peer that asks and does not read', TIMEOUT, () => {
  const shard = shardIdOf(NOTHING)

  /** Asks for more than is served at once, on several streams. Each resolves with what broke it. */
  async function flood(cluster: StoreCluster, from: number): Promise<readonly unknown[]> {
    const streamOf = async (): Promise<unknown> => {
      const stream = await cluster.node(from).peer.openStream(cluster.node(0).peer.self, STORE_PROTOCOL)
      for (let id = 1; id <= 2 * limits.store.requestsServed; id += 1) {
        try {
          await stream.send({ header: { op: 'get', id, shard }, payload: NOTHING })
        } catch (error) {
          return error
        }
      }
      return undefined
    }
    return Promise.all(Array.from({ length: 8 }, streamOf))
  }

  test('does not keep others from being served', { timeout: 30_000 }, async () => {
    // Nobody loses patience with it.
    const after: typeof systemTimers.after = (delayMs, callback) =>
      delayMs >= limits.store.transferTimeoutMs ? () => undefined : systemTimers.after(delayMs, callback)
    const hostile = 7
    await using cluster = await StoreCluster.start({ nodes: 2 + hostile, timers: { ...systemTimers, after } })
    for (let from = 2; from < 2 + hostile; from += 1) flood(cluster, from).catch(() => undefined)
    await systemTimers.sleep(500)
    const stream = await cluster.node(1).peer.openStream(cluster.node(0).peer.self, STORE_PROTOCOL)
    await stream.send({ header: { op: 'get', id: 1, shard }, payload: NOTHING })
    const reply = (await stream.receive())?.header as { code: string }
    assert.equal(reply.code, 'STORE_SHARD_NOT_FOUND')
  })

  test('loses its streams after a while', { timeout: 30_000 }, async () => {
    const after: typeof systemTimers.after = (delayMs, callback) =>
      systemTimers.after(delayMs === limits.store.transferTimeoutMs ? 100 : delayMs, callback)
    await using cluster = await StoreCluster.start({ nodes: 2, timers: { ...systemTimers, after } })
    for (const broken of await flood(cluster, 1)) assert.ok(broken instanceof Error)
  })
})

describe('disks', TIMEOUT, () => {
  test('what a crash left half written is removed, what it left whole is kept', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(1_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    const before = cluster.node(2).store.status()
    await cluster.kill(2)
    const { folder } = cluster.node(2)
    writeFileSync(join(folder, 'incoming', '17'), sampleBytes(500))
    // Renamed, yet the crash came before the index knew.
    const orphan = sampleBytes(4096, 8)
    writeFileSync(cluster.shardPath(2, shardIdOf(orphan)), orphan)
    writeFileSync(join(folder, 'shards', 'README'), 'not a shard')
    await cluster.restart(2)
    const after = cluster.node(2).store.status()
    assert.equal(after.shards, before.shards + 1)
    assert.equal(after.bytes, before.bytes + 4096)
    rmSync(join(folder, 'shards', 'README'))
    assert.deepEqual(readdirSync(join(folder, 'incoming')), [])
    const info = await cluster.node(0).store.info(capability, { verify: true })
    assert.equal(info.presentShards, info.shards)
  })

  test('the index is rebuilt from the files when it is lost', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(1_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    await cluster.kill(2)
    rmSync(join(cluster.node(2).folder, 'index'), { force: true, recursive: true })
    rmSync(join(cluster.node(2).folder, 'index-lock'), { force: true })
    await cluster.restart(2)
    const info = await cluster.node(0).store.info(capability, { verify: true })
    assert.equal(info.presentShards, info.shards)
  })

  test('a shard that vanished is counted as missing from the start', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const { capability } = await cluster.node(0).store.put(bytesInChunks(sampleBytes(1_000_000)))
    const [shard] = cluster.shardFiles(2)
    assert.ok(shard !== undefined)
    await cluster.kill(2)
    rmSync(cluster.shardPath(2, shard))
    await cluster.restart(2)
    const info = await cluster.node(0).store.info(capability)
    assert.equal(info.presentShards, info.shards - 1)
  })

  test('a disk that takes nothing sends its shards elsewhere', async () => {
    await using cluster = await StoreCluster.start({ nodes: 6 })
    rmSync(join(cluster.node(2).folder, 'incoming'), { recursive: true })
    const bytes = sampleBytes(4_000_000)
    const put = await cluster.node(0).store.put(bytesInChunks(bytes))
    assert.equal(put.missingShards, 0)
    assert.equal(cluster.node(2).store.status().shards, 0)
    assert.ok((await readAll(cluster.node(2).store, put.capability)).equals(bytes))
  })
})

describe('memory', TIMEOUT, () => {
  test('a put takes in no more than its window while nobody takes shards', async () => {
    await using cluster = await StoreCluster.start({
      nodes: 5,
      timers: { ...systemTimers, after: () => () => undefined },
    })
    let asked = 0
    for (const index of [1, 2, 3, 4]) {
      impersonate(cluster, index, () => {
        asked += 1
        return undefined
      })
    }
    const chunkBytes = 65_536
    let pulledBytes = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulledBytes += chunkBytes
        yield new Uint8Array(chunkBytes)
      }
    }
    const put = cluster.node(0).store.put(endless())
    put.catch(() => undefined)
    const window = limits.store.stripesInFlight * 3 * limits.store.maxShardBytes
    await eventually(() => asked >= 8 && pulledBytes >= window)
    await systemTimers.sleep(200)
    assert.ok(pulledBytes <= window + 2 * chunkBytes, `${pulledBytes} of ${window}`)
    await cluster.node(0).store.stop()
    await assert.rejects(put, { code: 'STORE_STOPPED' })
  })

  test('a get fetches no further ahead than its window while nobody reads on', async () => {
    await using cluster = await StoreCluster.start({ nodes: 5 })
    const bytes = sampleBytes(60_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes, 1_000_003))
    let asked = 0
    const reader = cluster.node(0)
    for (const { peer } of cluster.nodes) peer.cutStreams()
    const original = reader.peer.openStream.bind(reader.peer)
    reader.peer.openStream = async (...args) => {
      const stream = await original(...args)
      const send = stream.send.bind(stream)
      stream.send = (message) => {
        asked += 1
        return send(message)
      }
      return stream
    }
    for await (const _ of (await reader.store.get(capability)).content) {
      await systemTimers.sleep(300)
      break
    }
    // Two or three of the three shards of each stripe come from others; one more stripe for the one handed out.
    assert.ok(asked > 0 && asked <= (limits.store.stripesInFlight + 1) * 3 + 3, `${asked}`)
  })
})
