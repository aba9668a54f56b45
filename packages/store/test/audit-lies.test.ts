import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { limits, NetworkId, NodeId, type ShardId } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { SeededRandom } from '@borgios/core/testing'
import type { StreamMessage } from '@borgios/peertree'
import type { AuditRequest } from '@borgios/protocol'
import type { AuditTarget } from '@borgios/store'
import { answerOf, type Forgery, forgeAudits } from './audit-forger.ts'
import { allPassed, auditOf, codedShards, ports, stored, TIMEOUT } from './audit-support.ts'
import type { StoreCluster } from './store-cluster.ts'

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

const NOTHING = new Uint8Array()

/** With the message at this place once more. */
const twice = (messages: StreamMessage[], at: number): StreamMessage[] =>
  messages.toSpliced(at, 0, ...messages.slice(at, at + 1))

/** The first message with a payload of another length. */
const resized = (messages: StreamMessage[], bytes: number): StreamMessage[] =>
  messages.map((message, at) => (at === 0 ? { ...message, payload: new Uint8Array(bytes) } : message))
