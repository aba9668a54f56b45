import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type BlockHeader,
  committeeHash,
  encodeHeader,
  headerHash,
  MAX_HEADER_BYTES,
  majorityAccount,
  proposalSigningBytes,
  type Transaction,
  transactionId,
  transactionSigningBytes,
  type VoteSubject,
  voteSigningBytes,
} from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { account, committee, header, transaction, vote } from './ledger-values.ts'

const network = new Uint8Array(32).fill(1)
const otherNetwork = new Uint8Array(32).fill(2)
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Two values of a kind have one hash only if they have one encoding. */
function assertInjective<Value>(value: fc.Arbitrary<Value>, hash: (value: Value) => Uint8Array): void {
  fc.assert(
    fc.property(value, value, (one, other) => {
      assert.deepEqual(hash(one), hash(structuredClone(one)))
      if (!Object.is(JSON.stringify(one, plain), JSON.stringify(other, plain))) {
        assert.notDeepEqual(hash(one), hash(other))
      }
    }),
    { numRuns: RUNS },
  )
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)

test('what is named by a hash is named by all of it', () => {
  assertInjective<BlockHeader>(header, (value) => headerHash(network, value))
  assertInjective(committee, committeeHash)
  assertInjective<VoteSubject>(
    vote.map(({ kind, epoch, slot, block }) => ({ kind, epoch, slot, block })),
    (value) => voteSigningBytes(network, value),
  )
  assertInjective(
    account.map(({ policy }) => policy ?? { needed: 1, keys: [network] }),
    majorityAccount,
  )
})

test('each field of a transaction and the network are signed, its signatures are not', () => {
  const parts: readonly (keyof Transaction)[] = [
    'account',
    'nonce',
    'lastHeight',
    'maxFeePerUnit',
    'tipPerUnit',
    'operations',
  ]
  fc.assert(
    fc.property(transaction, transaction, (one, other) => {
      const name = (value: Transaction, where = network) => hexOf(transactionId(where, value))
      assert.equal(name(one), name({ ...one, signatures: other.signatures }))
      assert.notEqual(name(one), name(one, otherNetwork))
      for (const part of parts) {
        if (JSON.stringify(one[part], plain) === JSON.stringify(other[part], plain)) continue
        assert.notEqual(name(one), name({ ...one, [part]: other[part] }), part)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a block, a vote and a transaction cannot pass for each other', () => {
  const tagOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).split('\n', 1)[0] ?? ''
  const [someTransaction] = fc.sample(transaction, 1)
  const [someVote] = fc.sample(vote, 1)
  const [someHeader] = fc.sample(header, 1)
  assert.ok(someTransaction && someVote && someHeader)
  assert.equal(tagOf(transactionSigningBytes(network, someTransaction)), 'borgios/transaction/1')
  assert.equal(tagOf(voteSigningBytes(network, someVote)), 'borgios/vote/1')
  assert.equal(tagOf(proposalSigningBytes(headerHash(network, someHeader))), 'borgios/proposal/1')
  assert.notDeepEqual(headerHash(network, someHeader), headerHash(otherNetwork, someHeader))
  assert.ok(encodeHeader(someHeader).length <= MAX_HEADER_BYTES)
})
