import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { LightClient, verifyAccount, verifyReceipt, verifyState } from '@borgios/light'
import {
  ACCOUNTS_TABLE,
  bucketOf,
  decodeReceiptProof,
  decodeStateProof,
  encodeAccount,
  encodeReceiptProof,
  encodeStateProof,
  proveReceipt,
  type Receipt,
  receiptsRoot,
  type StateProof,
  stateKeyHash,
} from '@borgios/protocol'
import { Chain, named, START_MS } from './chain-maker.ts'
import { altered, refusalOf } from './refusal.ts'
import { SparseState } from './sparse-state.ts'

const RICH = named('rich')
const POOR = named('poor')
const NOBODY = named('nobody')
const rich = { balance: 2n ** 60n, nonce: 7, policy: undefined }
const poor = { balance: 1n, nonce: 0, policy: { needed: 2, keys: [named('a'), named('b')].sort(Buffer.compare) } }

/** Two keys whose records lie in one bucket. */
function neighbours(): readonly [Uint8Array, Uint8Array] {
  const seen = new Map<number, Uint8Array>()
  for (let index = 0; ; index += 1) {
    const key = named(`neighbour ${index}`)
    const bucket = bucketOf(stateKeyHash(9, key))
    const other = seen.get(bucket)
    if (other !== undefined) return [other, key]
    seen.set(bucket, key)
  }
}

const [here, there] = neighbours()
/** A key whose bucket is the same in the tables 8 and 9. */
const BOTH = named('shared 41838')
const state = new SparseState([
  [ACCOUNTS_TABLE, RICH, encodeAccount(rich)],
  [ACCOUNTS_TABLE, POOR, encodeAccount(poor)],
  [9, here, Uint8Array.of(1)],
  [9, there, Uint8Array.of(2)],
  [8, BOTH, Uint8Array.of(3)],
])
const receipts: Receipt[] = Array.from({ length: 5 }, (_, index) => ({
  transaction: named(`transaction ${index}`),
  status: index,
  usedUnits: 100 + index,
  feePaid: BigInt(index),
}))
const chain = new Chain({
  name: 'proofs',
  epochs: 1,
  epochBlocks: 3,
  stateRoot: state.root,
  receiptsRoot: receiptsRoot(receipts),
})
const modules = { ed25519: sodiumEd25519, clock: { nowMs: () => START_MS } }
const client = new LightClient({ from: chain.checkpoint, unbondingMs: 1_000_000 }, modules)
const block = client.verifyHeader(chain.proofAt(2))

test('an account, its policy, and that there is none', () => {
  assert.deepEqual(verifyAccount(block, state.prove(ACCOUNTS_TABLE, RICH), RICH), rich)
  assert.deepEqual(verifyAccount(block, state.prove(ACCOUNTS_TABLE, POOR), POOR), poor)
  assert.equal(verifyAccount(block, state.prove(ACCOUNTS_TABLE, NOBODY), NOBODY), undefined)
})

test('records of one bucket are told apart, and a table from another', () => {
  const proof = state.prove(9, here)
  assert.deepEqual(proof, state.prove(9, there))
  assert.deepEqual(verifyState(block, proof, 9, here), Uint8Array.of(1))
  assert.deepEqual(verifyState(block, proof, 9, there), Uint8Array.of(2))
  assert.equal(verifyState(block, state.prove(8, here), 8, here), undefined)
  assert.deepEqual(state.prove(8, BOTH), state.prove(9, BOTH))
  assert.deepEqual(verifyState(block, state.prove(8, BOTH), 8, BOTH), Uint8Array.of(3))
  assert.equal(verifyState(block, state.prove(9, BOTH), 9, BOTH), undefined)
  assert.equal(
    refusalOf(() => verifyState(block, proof, 8, here)),
    'LIGHT_PROOF_WRONG',
  )
})

const stateRefusal = (proof: StateProof): string => refusalOf(() => verifyAccount(block, proof, RICH))

test("another key's bucket, a swapped or turned path and a bucket with something left out are refused", () => {
  const proof = state.prove(ACCOUNTS_TABLE, RICH)
  assert.equal(stateRefusal(state.prove(ACCOUNTS_TABLE, POOR)), 'LIGHT_PROOF_WRONG')
  assert.equal(stateRefusal({ ...proof, bucket: new Uint8Array() }), 'LIGHT_PROOF_WRONG')
  assert.equal(stateRefusal({ ...proof, siblings: proof.siblings.toReversed() }), 'LIGHT_PROOF_WRONG')
  for (let level = 1; level < proof.siblings.length; level += 1) {
    const [below, above] = proof.siblings.slice(level - 1, level + 1)
    assert.ok(below && above)
    const siblings = proof.siblings.with(level - 1, above).with(level, below)
    assert.equal(stateRefusal({ ...proof, siblings }), 'LIGHT_PROOF_WRONG', `level ${level}`)
  }
})

test('no byte of a state proof can be altered, added or left out', () => {
  const bytes = encodeStateProof(state.prove(ACCOUNTS_TABLE, RICH))
  const check = (changed: Uint8Array) => refusalOf(() => verifyAccount(block, decodeStateProof(changed), RICH))
  for (const changed of altered(bytes)) assert.match(check(changed), /^(LIGHT_PROOF_WRONG|PROTOCOL_MALFORMED)$/)
  for (let length = 0; length < bytes.length; length += 1) {
    assert.equal(check(bytes.subarray(0, length)), 'PROTOCOL_MALFORMED')
  }
  assert.equal(check(Uint8Array.of(...bytes, 0)), 'PROTOCOL_MALFORMED')
})

test('every receipt of a block can be proved, in blocks of every size', () => {
  for (let count = 1; count <= 9; count += 1) {
    const list = Array.from({ length: count }, (_, index) => ({ ...receipts[0], status: index }) as Receipt)
    const root = receiptsRoot(list)
    const fresh = new Chain({ name: `${count}`, epochs: 1, epochBlocks: 2, receiptsRoot: root })
    const follower = new LightClient({ from: fresh.checkpoint, unbondingMs: 1_000_000 }, modules)
    const first = follower.verifyHeader(fresh.proofAt(1))
    for (const [position, receipt] of list.entries()) {
      assert.deepEqual(verifyReceipt(first, proveReceipt(list, position)), receipt)
    }
  }
})

test('no byte of a receipt proof can be altered, added or left out', () => {
  for (const position of receipts.keys()) {
    const bytes = encodeReceiptProof(proveReceipt(receipts, position))
    const check = (changed: Uint8Array) => refusalOf(() => verifyReceipt(block, decodeReceiptProof(changed)))
    for (const changed of altered(bytes)) assert.match(check(changed), /^(LIGHT_PROOF_WRONG|PROTOCOL_MALFORMED)$/)
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(check(bytes.subarray(0, length)), 'PROTOCOL_MALFORMED')
    }
  }
})

test('a receipt has one place in one list', () => {
  const last = proveReceipt(receipts, 4)
  for (const change of [{ position: 2, count: 3 }, { position: 1, count: 2 }, { position: 5 }, { count: 0 }]) {
    assert.equal(
      refusalOf(() => verifyReceipt(block, { ...last, ...change })),
      'LIGHT_PROOF_WRONG',
    )
  }
  const siblings = [...last.siblings, named('one more')]
  assert.equal(
    refusalOf(() => verifyReceipt(block, { ...last, siblings })),
    'LIGHT_PROOF_WRONG',
  )
})
