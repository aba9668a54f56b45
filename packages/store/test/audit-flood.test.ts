import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { encodeBase64Url, limits } from '@borgios/core'
import { systemTimers } from '@borgios/core/adapters'
import { type AuditRequest, auditReplyCheck, STORE_AUDIT_PROTOCOL } from '@borgios/protocol'
import { ports, stored, TIMEOUT } from './audit-support.ts'
import { bytesInChunks, eventually, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

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
    const enough = (2 * limits.store.auditBurstSamples) / samples
    while (answered < enough && (await ask(cluster, 2, 1, request)).at(-1) === 'signed') answered += 1
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
    await eventually(() => proofs.running >= limits.store.auditsServed)
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
