import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId, OperatorId } from '@borgios/core'
import { networkIdOf, nobleEd25519, parseGenesis, signInvitation, signNodeCertificate } from '@borgios/crypto'
import { statementKeys } from '@borgios/peertree'
import { isTreeMessage } from '@borgios/protocol'
import fc from 'fast-check'
import { outranks } from '../src/tree/rank.ts'
import { RecentBroadcasts } from '../src/tree/recent-broadcasts.ts'
import { SetDigest } from '../src/tree/set-digest.ts'
import { TokenBucket } from '../src/tree/token-bucket.ts'
import { envelopeOf, nodeOf } from './tree-bench.ts'

const anyTree = fc.record({
  root: fc.constantFrom(nodeOf(1), nodeOf(2), nodeOf(3)),
  term: fc.nat({ max: 2 }),
  born: fc.nat({ max: 2 }),
})

test('trees are in one total order', () => {
  fc.assert(
    fc.property(anyTree, anyTree, anyTree, (a, b, c) => {
      const isSame = a.root === b.root && a.term === b.term && a.born === b.born
      assert.equal(Number(outranks(a, b)) + Number(outranks(b, a)), isSame ? 0 : 1)
      if (outranks(a, b) && outranks(b, c)) assert.ok(outranks(a, c))
    }),
  )
})

test('the digest of a set depends on what is in it, not on the order', () => {
  const digestOf = (texts: readonly string[]): string => {
    const digest = new SetDigest()
    for (const text of texts) digest.toggle(text)
    return digest.toString()
  }
  const texts = fc.uniqueArray(fc.string(), { maxLength: 20 })
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      assert.equal(digestOf(one), digestOf([...one].reverse()))
      const isEqual = one.length === other.length && one.every((text) => other.includes(text))
      assert.equal(digestOf(one) === digestOf(other), isEqual)
    }),
  )
})

test('kept broadcasts are bounded in count, bytes and age', () => {
  const { recentBroadcasts, recentBytes, recentAgeMs } = limits.tree
  const recent = new RecentBroadcasts()
  for (let sequence = 0; sequence < recentBroadcasts + 10; sequence += 1) {
    recent.add(envelopeOf(nodeOf(1), sequence), new Uint8Array(1), nodeOf(2), 0)
  }
  assert.equal(recent.size, recentBroadcasts)
  assert.equal(recent.get(nodeOf(1), 9), undefined)
  recent.add(envelopeOf(nodeOf(3), 1), new Uint8Array(recentBytes), nodeOf(2), 0)
  assert.equal(recent.size, 1)
  assert.equal(recent.after(recent.latest - 1, 9).length, 1)
  recent.prune(recentAgeMs + 1)
  assert.equal(recent.size, 0)
  assert.equal(recent.latest, recentBroadcasts + 11)
})

test('a bucket allows its rate and burst', () => {
  const bucket = new TokenBucket(10, 5, 0)
  assert.deepEqual(
    [bucket.take(5, 0), bucket.take(1, 0), bucket.take(1, 100), bucket.take(6, 60_000)],
    [true, false, true, false],
  )
})

test('real signatures: own records and notices stand, altered and uninvited ones do not', () => {
  const signer = (fill: number) => nobleEd25519.signerFromSeed(new Uint8Array(32).fill(fill))
  const [founder, operator, node, other] = [signer(1), signer(2), signer(3), signer(4)]
  const genesis = parseGenesis({
    version: 1,
    name: 'test',
    random: 'a'.repeat(52),
    founders: [OperatorId.fromBytes(founder.publicKey)],
  })
  const network = networkIdOf(genesis)
  const operatorId = OperatorId.fromBytes(operator.publicKey)
  const invitation = signInvitation(founder, {
    network,
    operator: operatorId,
    founder: OperatorId.fromBytes(founder.publicKey),
    notAfterMs: 2_000,
  })
  const keysFor = (nodeSigner: typeof node, brought: typeof invitation | undefined) => {
    const id = NodeId.fromBytes(nodeSigner.publicKey)
    const certificate = signNodeCertificate(operator, { network, node: id, operator: operatorId })
    return statementKeys({
      ed25519: nobleEd25519,
      signer: nodeSigner,
      genesis,
      certificate,
      invitation: brought,
    })
  }
  const [beforeMs, afterMs] = [1_000, 6_000]
  const keys = keysFor(node, invitation)
  const fields = { place: 'x', release: '1', services: [], addresses: ['/ip4/127.0.0.1/tcp/1'], sequence: 3 }
  const record = keys.signRecord(fields)
  const checker = keysFor(other, invitation)
  assert.ok(checker.verifyRecord(record, beforeMs))
  assert.ok(!checker.verifyRecord({ ...record, sequence: 4 }, beforeMs))
  assert.ok(!checker.verifyRecord({ ...record, node: NodeId.fromBytes(other.publicKey) }, beforeMs))
  assert.ok(!checker.verifyRecord(keysFor(node, undefined).signRecord(fields), beforeMs))
  const notice = keys.signNotice({ node: NodeId.fromBytes(other.publicKey), sequence: 1 })
  assert.ok(checker.verifyNotice(notice))
  assert.ok(!checker.verifyNotice({ ...notice, sequence: 2 }))
  assert.ok(!checker.verifyNotice({ ...notice, by: notice.node }))
  assert.ok(isTreeMessage({ kind: 'directoryEntries', records: [record], notices: [notice] }))
  assert.ok(!checker.hasExpired(record, beforeMs))
  assert.ok(!checker.verifyRecord(record, afterMs), 'the invitation has run out')
  assert.ok(checker.hasExpired(record, afterMs))
  const byFounder = { ...record.certificate, operator: OperatorId.fromBytes(founder.publicKey) }
  assert.ok(!checker.hasExpired({ ...record, certificate: byFounder }, afterMs), 'a founder needs no invitation')
})

test('messages with more, less or other than the schema are refused', () => {
  assert.ok(isTreeMessage({ kind: 'lazy', edge: 1 }))
  for (const wrong of [
    undefined,
    [],
    { kind: 'lazy' },
    { kind: 'lazy', edge: -1 },
    { kind: 'lazy', edge: 1, more: 1 },
    { kind: 'rootDied', edge: 1 },
    { kind: 'want', ids: [{ from: 'x', sequences: [1] }] },
  ]) {
    assert.ok(!isTreeMessage(wrong), JSON.stringify(wrong))
  }
})
