import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { encodeBase64Url, limits, NodeId, type ShardId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { verifyStatement } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { AUDIT_ANSWER, auditAnswerCheck } from '@borgios/protocol'
import type { AuditOutcome, AuditTarget } from '@borgios/store'
import { shardIdOf } from '../src/coding/merkle.ts'
import { answerOf, forgeAudits } from './audit-forger.ts'
import { allPassed, auditOf, BEACON, codedShards, ports, stored, TIMEOUT } from './audit-support.ts'
import { bytesInChunks, eventually, quickRepair, readAll, StoreCluster, sampleBytes } from './store-cluster.ts'

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
