import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { encodeBase64Url, limits, NetworkId, NodeId, type ShardId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { SeededRandom } from '@borgios/core/testing'
import { verifyStatement } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { StreamMessage } from '@borgios/peertree'
import {
  AUDIT_ANSWER,
  type AuditRequest,
  auditAnswerCheck,
  auditReplyCheck,
  STORE_AUDIT_PROTOCOL,
} from '@borgios/protocol'
import type { AuditOutcome, AuditPorts, AuditTarget } from '@borgios/store'
import { shardIdOf } from '../src/coding/merkle.ts'
import { answerOf, type Forgery, forgeAudits } from './audit-forger.ts'
import { bytesInChunks, eventually, quickRepair, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

/** Far more than it takes, on a busy machine too. */
const TIMEOUT = { timeout: 300_000 }
const BEACON = { epoch: 7, bytes: new SeededRandom(7).bytes(32) }
const ports = (part: Partial<AuditPorts> = {}): AuditPorts => ({ beacon: { current: () => BEACON }, ...part })

/** Five nodes with a file of two stripes, and what node 0 sees of each of the others. */
async function stored(
  options: Partial<Parameters<typeof StoreCluster.start>[0]> = {},
): Promise<{ cluster: StoreCluster; capability: string; bytes: Uint8Array }> {
  const cluster = await StoreCluster.start({ nodes: 5, audit: ports(), ...options })
  const bytes = sampleBytes(4_000_000)
  const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
  return { cluster, capability, bytes }
}

/** What node 0 sees of one node. */
async function auditOf(cluster: StoreCluster, index: number): Promise<AuditOutcome> {
  const holder = cluster.node(index).peer.self
  const [outcome] = await cluster.node(0).store.audits.run({ holders: [holder] })
  assert.ok(outcome !== undefined)
  assert.equal(outcome.holder, holder)
  return outcome
}

/** Shards of the file's stripes on a node. Of a page of the manifest node 0 need not know. */
const codedShards = (cluster: StoreCluster, index: number): readonly ShardId[] =>
  cluster.shardFiles(index).filter((shard) => readFileSync(cluster.shardPath(index, shard)).length > 100_000)

const allPassed = ({ asked, passed, failedShards, disputedShards, silent }: AuditOutcome): boolean =>
  asked > 0 && passed === asked && failedShards.length === 0 && disputedShards.length === 0 && !silent

describe('audits', TIMEOUT, () => {
  test('find that honest nodes hold what they say, and each outcome goes to the sink', async () => {
    const seen: AuditOutcome[] = []
    const { cluster } = await stored({ audit: ports({ onAudited: (outcome) => seen.push(outcome) }) })
    await using _ = cluster
    const outcomes = await cluster.node(0).store.audits.run()
    assert.deepEqual(new Set(outcomes.map(({ holder }) => holder)).size, 4)
    for (const outcome of outcomes) {
      assert.ok(allPassed(outcome), JSON.stringify(outcome))
      assert.equal(outcome.epoch, 7)
    }
    assert.equal(seen.length, 4)
    assert.deepEqual(new Set(seen), new Set(outcomes))
  })

  test('bring a statement of the holder that names what it showed', async () => {
    await using cluster = (await stored()).cluster
    const { answer, asked, holder } = await auditOf(cluster, 1)
    assert.ok(auditAnswerCheck.Check(answer))
    verifyStatement(sodiumEd25519, AUDIT_ANSWER, answer, NodeId.toBytes(holder))
    assert.equal(answer.node, holder)
    assert.equal(answer.beacon, encodeBase64Url(BEACON.bytes))
    assert.equal(
      answer.shards.reduce((sum, { leaves }) => sum + leaves.length, 0),
      asked,
    )
    assert.deepEqual(answer.shards.map(({ shard }) => shard).toSorted(), codedShards(cluster, 1).toSorted())
  })

  test('ask for nothing before there is a beacon, nor of who holds nothing', async () => {
    let beacon: typeof BEACON | undefined
    await using cluster = await StoreCluster.start({ nodes: 2, audit: ports({ beacon: { current: () => beacon } }) })
    await assert.rejects(cluster.node(0).store.audits.run(), { code: 'STORE_NO_BEACON' })
    beacon = BEACON
    const outcome = await auditOf(cluster, 1)
    assert.deepEqual([outcome.asked, outcome.passed, outcome.silent], [0, 0, false])
  })

  test('find a shard that is gone, and that node repairs it', async () => {
    const { cluster, capability, bytes } = await stored()
    await using _ = cluster
    const [lost] = codedShards(cluster, 2)
    assert.ok(lost !== undefined)
    rmSync(cluster.shardPath(2, lost))
    const outcome = await auditOf(cluster, 2)
    assert.deepEqual(outcome.failedShards, [lost])
    assert.ok(outcome.passed < outcome.asked && outcome.passed > 0)
    assert.deepEqual([outcome.silent, outcome.disputedShards], [false, []])
    assert.ok((await readAll(cluster.node(1).store, capability)).equals(bytes))
  })

  test('find damage outside the leaves they ask for, too, and it is repaired', async () => {
    const bytes = sampleBytes(3_000_000)
    // One leaf of a shard of 64.
    let lied: AuditTarget | undefined
    const targets = { of: async () => (lied === undefined ? [] : [lied]) }
    await using cluster = await StoreCluster.start({ nodes: 6, repair: quickRepair, audit: ports({ targets }) })
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    const index = [1, 2, 3, 4, 5].find((at) => cluster.shardFiles(at).length > 0) ?? 1
    const [shard] = codedShards(cluster, index)
    assert.ok(shard !== undefined)
    const file = readFileSync(cluster.shardPath(index, shard))
    file[file.length - 1] = (file[file.length - 1] ?? 0) ^ 1
    writeFileSync(cluster.shardPath(index, shard), file)
    lied = { shard, bytes: file.length }
    const outcome = await auditOf(cluster, index)
    assert.deepEqual(outcome.failedShards, [shard])
    assert.equal(outcome.passed, 0)
    const isWhole = (at: number): boolean =>
      cluster.shardFiles(at).includes(shard) && shardIdOf(readFileSync(cluster.shardPath(at, shard))) === shard
    await eventually(() => [0, 1, 2, 3, 4, 5].some(isWhole))
    assert.ok((await readAll(cluster.node(0).store, capability)).equals(bytes))
  })

  test('say that length is disputed where a false record names a shard, and blame nobody', async () => {
    let target: AuditTarget | undefined
    const targets = { of: async () => (target === undefined ? [] : [target]) }
    await using cluster = (await stored({ audit: ports({ targets }) })).cluster
    const [shard] = cluster.shardFiles(1)
    assert.ok(shard !== undefined)
    target = { shard, bytes: 64 }
    const outcome = await auditOf(cluster, 1)
    assert.deepEqual([outcome.disputedShards, outcome.failedShards, outcome.passed], [[shard], [], 0])
    assert.equal(outcome.answer?.shards[0]?.bytes, readFileSync(cluster.shardPath(1, shard)).length)
  })

  test('call a node silent that is down', async () => {
    const held: AuditTarget[] = [{ shard: shardIdOf(new Uint8Array(1)), bytes: 1 }]
    await using cluster = (await stored({ audit: ports({ targets: { of: async () => held } }) })).cluster
    await cluster.kill(3)
    const outcome = await auditOf(cluster, 3)
    assert.deepEqual([outcome.asked, outcome.passed, outcome.silent], [1, 0, true])
    assert.ok(outcome.why.length > 0)
  })

  for (const lostPercent of [1, 10]) {
    test(`find that a node lost ${lostPercent} % of its shards as often as they should`, async () => {
      const [count, shardBytes, rounds] = [3_000, 64, 60]
      let epoch = 0
      const kept = new Map<ShardId, Uint8Array>()
      const held = Array.from({ length: count }, (_, index) => {
        const bytes = sampleBytes(shardBytes, index + 1)
        kept.set(shardIdOf(bytes), bytes)
        return { shard: shardIdOf(bytes), bytes: shardBytes }
      })
      const lost = new Set(held.slice(0, (count * lostPercent) / 100).map(({ shard }) => shard))
      const beacon = { current: () => ({ epoch, bytes: new SeededRandom(epoch).bytes(32) }) }
      await using cluster = await StoreCluster.start({
        nodes: 2,
        audit: { beacon, targets: { of: async () => held } },
      })
      const shardsOf = (shard: ShardId): Uint8Array | undefined => (lost.has(shard) ? undefined : kept.get(shard))
      forgeAudits(cluster, 1, (request) => answerOf(cluster, 1, request, {}, shardsOf))
      let found = 0
      for (epoch = 1; epoch <= rounds; epoch += 1) {
        const { asked, passed, failedShards } = await auditOf(cluster, 1)
        assert.equal(asked, limits.store.auditSamples)
        assert.ok(failedShards.every((shard) => lost.has(shard)))
        assert.equal(passed + failedShards.length, asked)
        if (failedShards.length > 0) found += 1
      }
      // 1 - 0.9^30 and 1 - 0.9^300: of the lost ones each is asked for with 10 %. Three standard deviations; the seeds are fixed.
      const expected = 1 - 0.9 ** lost.size
      const margin = 3 * Math.sqrt((expected * (1 - expected)) / rounds) + 0.001
      assert.ok(Math.abs(found / rounds - expected) <= margin, `${found} of ${rounds}`)
    })
  }
})

describe('holders that lie in audits', TIMEOUT, () => {
  const altered = (messages: StreamMessage[], at: number, index: number): StreamMessage[] =>
    messages.map((message, position) => {
      if (position !== at) return message
      const payload = Uint8Array.from(message.payload)
      const byte = index < 0 ? payload.length + index : index
      payload[byte] = (payload[byte] ?? 0) ^ 1
      return { ...message, payload }
    })
  type Lie = (cluster: StoreCluster, request: AuditRequest) => StreamMessage[]
  const forged =
    (forgery: Forgery): Lie =>
    (cluster, request) =>
      answerOf(cluster, 1, request, forgery)

  for (const [what, lie] of [
    ['signed by another node', forged({ signedBy: 2 })],
    ['for another network', forged({ network: NetworkId.fromBytes(new Uint8Array(32).fill(1)) })],
    ['for another epoch', forged({ epoch: 6 })],
    ['signed for a leaf that it did not send', (cluster, request) => altered(answerOf(cluster, 1, request), 0, 0)],
    ['without its last leaf', (cluster, request) => answerOf(cluster, 1, request).toSpliced(-2, 1)],
    ['with a leaf too many', (cluster, request) => twice(answerOf(cluster, 1, request), -2)],
    ['without a signature', (cluster, request) => answerOf(cluster, 1, request).slice(0, -1)],
    ['with a leaf that is too long', (cluster, request) => resized(answerOf(cluster, 1, request), 1_048_576)],
    ['with a leaf that is too short', (cluster, request) => resized(answerOf(cluster, 1, request), 16)],
    [
      'that it has a shard of that length, and nothing of it',
      (cluster, request) => [
        { header: { outcome: 'held', bytes: request.shards[0]?.bytes ?? 0 }, payload: NOTHING },
        ...answerOf(cluster, 1, request),
      ],
    ],
    ['of another kind', () => [{ header: { outcome: 'paid' }, payload: NOTHING }]],
    ['that it is too busy', () => [{ header: { outcome: 'refused', code: 'STORE_AUDIT_BUSY' }, payload: NOTHING }]],
  ] satisfies [string, Lie][]) {
    test(`an answer ${what} is none`, async () => {
      await using cluster = (await stored()).cluster
      forgeAudits(cluster, 1, (request) => lie(cluster, request))
      const outcome = await auditOf(cluster, 1)
      assert.ok(outcome.silent, JSON.stringify(outcome))
      assert.deepEqual([outcome.passed, outcome.failedShards, outcome.answer], [0, [], undefined])
    })
  }

  for (const what of ['leaf', 'path'] as const) {
    test(`a flipped bit in a ${what} fails that shard and no other, although the node signed for it`, async () => {
      await using cluster = (await stored()).cluster
      let failing: ShardId | undefined
      forgeAudits(cluster, 1, (request) => {
        failing = request.shards[0]?.shard
        const shardsOf = (shard: ShardId): Uint8Array => {
          const bytes = Uint8Array.from(readFileSync(cluster.shardPath(1, shard)))
          if (shard === failing && what === 'leaf') bytes[5] = (bytes[5] ?? 0) ^ 1
          return bytes
        }
        const messages = answerOf(cluster, 1, request, {}, shardsOf)
        return what === 'path' ? altered(messages, 0, -5) : messages
      })
      const outcome = await auditOf(cluster, 1)
      assert.deepEqual(outcome.failedShards, [failing])
      assert.equal(outcome.silent, false)
      assert.ok(outcome.answer !== undefined)
      assert.ok(outcome.passed < outcome.asked)
    })
  }

  for (const [what, forgery] of [
    ['another beacon', { beacon: new Uint8Array(32).fill(9) }],
    ['another node', { node: NodeId.fromBytes(new Uint8Array(32).fill(9)) }],
  ] as const) {
    test(`leaves drawn for ${what} are no answer`, async () => {
      const held: AuditTarget[] = []
      await using cluster = (await stored({ audit: ports({ targets: { of: async () => held } }) })).cluster
      const [shard] = codedShards(cluster, 1)
      assert.ok(shard !== undefined)
      held.push({ shard, bytes: readFileSync(cluster.shardPath(1, shard)).length })
      // Signed for what was asked.
      forgeAudits(cluster, 1, (request) => [
        ...answerOf(cluster, 1, request, forgery).slice(0, -1),
        ...answerOf(cluster, 1, request).slice(-1),
      ])
      const outcome = await auditOf(cluster, 1)
      assert.deepEqual([outcome.passed, outcome.answer], [0, undefined], JSON.stringify(outcome))
    })
  }

  test('the answer of an epoch does not serve for the next one', async () => {
    let epoch = 1
    const beacon = { current: () => ({ epoch, bytes: new SeededRandom(epoch).bytes(32) }) }
    await using cluster = (await stored({ audit: { beacon } })).cluster
    let recorded: StreamMessage[] | undefined
    forgeAudits(cluster, 1, (request) => {
      recorded ??= answerOf(cluster, 1, request)
      return recorded
    })
    assert.ok(allPassed(await auditOf(cluster, 1)))
    epoch = 2
    const outcome = await auditOf(cluster, 1)
    assert.deepEqual([outcome.silent, outcome.passed], [true, 0])
  })

  test('a node that takes longer than an audit may is silent, and is not waited for', async () => {
    const late: (() => void)[] = []
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs !== limits.store.auditTimeoutMs) return systemTimers.after(delayMs, callback)
      late.push(callback)
      return () => undefined
    }
    await using cluster = (await stored({ timers: { ...systemTimers, after } })).cluster
    const asked = Promise.withResolvers<void>()
    forgeAudits(cluster, 1, async (request, stream) => {
      // All but the signature, which never comes.
      for (const message of answerOf(cluster, 1, request).slice(0, -1)) await stream.send(message)
      asked.resolve()
      return new Promise<never>(() => undefined)
    })
    const audit = auditOf(cluster, 1)
    await asked.promise
    for (const fire of late) fire()
    const outcome = await audit
    assert.deepEqual([outcome.silent, outcome.passed], [true, 0])
    assert.match(outcome.why, /took longer/)
  })

  test('a store that is stopped leaves its audits', async () => {
    await using cluster = (await stored()).cluster
    const asked = Promise.withResolvers<void>()
    forgeAudits(cluster, 1, () => {
      asked.resolve()
      return new Promise<never>(() => undefined)
    })
    const audit = assert.rejects(auditOf(cluster, 1), { code: 'STORE_STOPPED' })
    await asked.promise
    await cluster.kill(0)
    await audit
  })
})

describe('floods of audits', TIMEOUT, () => {
  /** Sends a request as it is and returns the outcomes that come back, until the stream ends or breaks. */
  async function ask(cluster: StoreCluster, from: number, to: number, header: unknown): Promise<string[]> {
    const stream = await cluster.node(from).peer.openStream(cluster.node(to).peer.self, STORE_AUDIT_PROTOCOL)
    const outcomes: string[] = []
    try {
      await stream.send({ header: header as AuditRequest, payload: NOTHING })
      for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
        assert.ok(auditReplyCheck.Check(message.header))
        outcomes.push(message.header.outcome)
      }
    } catch {
      outcomes.push('broken')
    }
    return outcomes
  }
  const requestFor = (cluster: StoreCluster, index: number, count = 1): AuditRequest => ({
    epoch: 1,
    beacon: encodeBase64Url(new Uint8Array(32).fill(1)),
    shards: cluster.shardFiles(index).map((shard) => ({
      ...{ shard, count },
      bytes: readFileSync(cluster.shardPath(index, shard)).length,
    })),
  })

  test('of one peer are answered one at a time, and no more than its share', async () => {
    await using cluster = (await stored()).cluster
    const request = requestFor(cluster, 1)
    const atOnce = await Promise.all(Array.from({ length: 8 }, () => ask(cluster, 2, 1, request)))
    assert.equal(atOnce.filter((outcomes) => outcomes.at(-1) === 'signed').length, 1)
    assert.equal(atOnce.filter((outcomes) => outcomes[0] === 'refused').length, 7)
    const samples = request.shards.length
    let answered = 1
    while ((await ask(cluster, 2, 1, request)).at(-1) === 'signed') answered += 1
    const spent = answered * samples
    const { auditBurstSamples, auditSamplesPerSecond } = limits.store
    // What it got back meanwhile is a few samples, unless this machine stood still for minutes.
    assert.ok(spent > auditBurstSamples - samples && spent < auditBurstSamples + 60 * auditSamplesPerSecond, `${spent}`)
    assert.equal((await ask(cluster, 3, 1, request)).at(-1), 'signed', 'others still may')
  })

  test('of many peers wait, a few are served at once, and reads go on', async () => {
    const nodes = 24
    await using cluster = await StoreCluster.start({
      nodes,
      operatorOf: (index) => Math.min(index, 5),
      audit: ports(),
    })
    const bytes = sampleBytes(6_000_000)
    const { capability } = await cluster.node(0).store.put(bytesInChunks(bytes))
    const index = Array.from({ length: nodes }, (_, at) => at).find((at) => cluster.shardFiles(at).length > 1) ?? 0
    const proofs = { running: 0, most: 0 }
    const prove = cluster.codec.prove.bind(cluster.codec)
    const held = Promise.withResolvers<void>()
    cluster.codec.prove = async (...args) => {
      proofs.running += 1
      proofs.most = Math.max(proofs.most, proofs.running)
      await held.promise
      return prove(...args).finally(() => {
        proofs.running -= 1
      })
    }
    const request = requestFor(cluster, index)
    const others = Array.from({ length: nodes }, (_, at) => at).filter((at) => at !== index)
    const flood = Promise.all(others.map((from) => ask(cluster, from, index, request)))
    await eventually(() => proofs.running === limits.store.auditsServed)
    const reader = others[0] ?? 0
    assert.ok((await readAll(cluster.node(reader).store, capability)).equals(bytes))
    held.resolve()
    const outcomes = await flood
    assert.equal(proofs.most, limits.store.auditsServed)
    const { auditsInLine } = limits.store
    assert.equal(outcomes.filter((one) => one.at(-1) === 'signed').length, auditsInLine)
    assert.equal(outcomes.filter((one) => one[0] === 'refused').length, others.length - auditsInLine)
  })

  test('an auditor that takes no answer loses its stream, and its place with it', async () => {
    const late: (() => void)[] = []
    const after = (delayMs: number, callback: () => void) => {
      if (delayMs !== limits.store.auditTimeoutMs) return systemTimers.after(delayMs, callback)
      late.push(callback)
      return () => undefined
    }
    await using cluster = (await stored({ timers: { ...systemTimers, after } })).cluster
    const request = requestFor(cluster, 1, 20)
    const stream = await cluster.node(2).peer.openStream(cluster.node(1).peer.self, STORE_AUDIT_PROTOCOL)
    await stream.send({ header: request, payload: NOTHING })
    await eventually(() => late.length === 1)
    assert.deepEqual(await ask(cluster, 2, 1, request), ['refused'])
    late[0]?.()
    await eventually(async () => (await ask(cluster, 2, 1, request)).at(-1) === 'signed')
  })

  for (const [what, change] of [
    ['too many leaves in all', (one: AuditRequest) => ({ ...one, shards: one.shards.map(crowded) })],
    ['a shard twice', (one: AuditRequest) => ({ ...one, shards: [...one.shards, ...one.shards] })],
    ['no shard', (one: AuditRequest) => ({ ...one, shards: [] })],
    ['half a beacon', (one: AuditRequest) => ({ ...one, beacon: one.beacon.slice(20) })],
    ['more than it should', (one: AuditRequest) => ({ ...one, extra: 1 })],
  ] as const) {
    test(`a request with ${what} breaks its stream`, async () => {
      await using cluster = (await stored()).cluster
      assert.deepEqual(await ask(cluster, 2, 1, change(requestFor(cluster, 1))), ['broken'])
    })
  }
})

const NOTHING = new Uint8Array()

const crowded = (one: AuditRequest['shards'][number]) => ({ ...one, count: limits.store.maxAuditSamples })

/** With the message at this place once more. */
const twice = (messages: StreamMessage[], at: number): StreamMessage[] =>
  messages.toSpliced(at, 0, ...messages.slice(at, at + 1))

/** The first message with a payload of another length. */
const resized = (messages: StreamMessage[], bytes: number): StreamMessage[] =>
  messages.map((message, at) => (at === 0 ? { ...message, payload: new Uint8Array(bytes) } : message))
