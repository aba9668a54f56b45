import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError, isBorgError, limits } from '@borgios/core'
import {
  ByteReader,
  ByteWriter,
  type Certificate,
  decodeAccount,
  decodeBucket,
  decodeFinalityProof,
  decodePayload,
  decodeReceiptProof,
  decodeStateProof,
  decodeTransaction,
  decodeTransfer,
  encodeBlock,
  encodeCertificate,
  encodeCommittee,
  encodeFinalityProof,
  encodeHeader,
  encodePayload,
  encodeReceiptProof,
  encodeTransaction,
  encodeTransfer,
  type Transaction,
} from '@borgios/protocol'
import fc from 'fast-check'
import { header } from './ledger-values.ts'

const { ledgerCodec, ledgerState } = limits
const { maxOperationBytes, maxOperations, maxAccountKeys, maxPayloadBytes, maxTransactionBytes } = ledgerCodec
const filled = (length: number, byte = 1): Uint8Array => new Uint8Array(length).fill(byte)
const operation = (bytes: number) => ({ module: 1, kind: 1, body: filled(bytes) })
const signatures = (count: number) => Array.from({ length: count }, (_, key) => ({ key, signature: filled(64) }))

const transaction: Transaction = {
  account: filled(32),
  nonce: 0,
  lastHeight: 9,
  maxFeePerUnit: 1n,
  tipPerUnit: 0n,
  operations: [operation(8)],
  signatures: signatures(1),
}
const overheadBytes = encodeTransaction(transaction).length - 8

const isMalformed = (error: unknown): boolean => isBorgError(error) && error.code === 'PROTOCOL_MALFORMED'
const refuses = (action: () => unknown): void => assert.throws(action, isMalformed)
const isBug = (action: () => unknown): void => assert.throws(action, AssertionError)

test('a transaction has 1 to so many operations, of at most so many bytes each', () => {
  const withOperations = (count: number) => ({ ...transaction, operations: Array(count).fill(operation(0)) })
  decodeTransaction(encodeTransaction(withOperations(maxOperations)))
  isBug(() => encodeTransaction(withOperations(maxOperations + 1)))
  isBug(() => encodeTransaction(withOperations(0)))
  decodeTransaction(encodeTransaction({ ...transaction, operations: [operation(maxOperationBytes)] }))
  isBug(() => encodeTransaction({ ...transaction, operations: [operation(maxOperationBytes + 1)] }))
  isBug(() => encodeTransaction({ ...transaction, operations: [{ ...operation(1), module: 0 }] }))
})

test('a transaction has 1 to so many signatures, by keys that rise', () => {
  decodeTransaction(encodeTransaction({ ...transaction, signatures: signatures(maxAccountKeys) }))
  isBug(() => encodeTransaction({ ...transaction, signatures: signatures(maxAccountKeys + 1) }))
  isBug(() => encodeTransaction({ ...transaction, signatures: [] }))
  isBug(() => encodeTransaction({ ...transaction, signatures: signatures(2).toReversed() }))
  isBug(() => encodeTransaction({ ...transaction, signatures: [{ key: 0, signature: filled(63) }] }))
})

test('a transaction has at most so many bytes', () => {
  const withBytes = (bytes: number): Transaction => {
    const rest = bytes - overheadBytes - 3 * 6 - 3 * maxOperationBytes
    return { ...transaction, operations: [...Array(3).fill(operation(maxOperationBytes)), operation(rest)] }
  }
  const largest = encodeTransaction(withBytes(maxTransactionBytes))
  assert.equal(largest.length, maxTransactionBytes)
  decodeTransaction(largest)
  isBug(() => encodeTransaction(withBytes(maxTransactionBytes + 1)))
})

test('hashes, accounts and numbers of a wrong size are bugs of who encodes', () => {
  for (const change of [
    { account: filled(31) },
    { nonce: -1 },
    { nonce: 0.5 },
    { lastHeight: 2 ** 53 },
    { maxFeePerUnit: -1n },
    { tipPerUnit: 2n ** 64n },
  ]) {
    isBug(() => encodeTransaction({ ...transaction, ...change }))
  }
})

test('a payload has at most so many transactions and bytes', () => {
  const full = Array<Uint8Array>(ledgerCodec.maxTransactions).fill(filled(1))
  assert.equal(decodePayload(encodePayload(full)).length, full.length)
  isBug(() => encodePayload([...full, filled(1)]))
  refuses(() => decodePayload(new ByteWriter().u32(ledgerCodec.maxTransactions + 1).finish()))

  const whole = Math.floor((maxPayloadBytes - 4) / (maxTransactionBytes + 4))
  const large = Array<Uint8Array>(whole).fill(filled(maxTransactionBytes))
  const largest = [...large, filled(maxPayloadBytes - encodePayload(large).length - 4)]
  assert.equal(encodePayload(largest).length, maxPayloadBytes)
  decodePayload(encodePayload(largest))
  isBug(() => encodePayload([...largest, new Uint8Array()]))
  refuses(() => decodePayload(filled(maxPayloadBytes + 1, 0)))
})

test('a whole block fits one message of a bulk stream', () => {
  const [sample] = fc.sample(
    header.filter(({ seal }) => seal !== undefined),
    1,
  )
  assert.ok(sample)
  const bytes = encodeBlock({ header: sample, signature: filled(64), transactions: [] }).length - 4 + maxPayloadBytes
  assert.ok(bytes <= limits.peertree.maxStreamPayloadBytes)
})

test('certificates and committees have 1 to so many members, in order', () => {
  const vote = (voter: number) => ({ voter, signature: filled(64) })
  const of = (...votes: readonly number[]): Certificate => ({
    kind: 'final',
    epoch: 0,
    slot: 0,
    block: filled(32),
    votes: votes.map(vote),
  })
  isBug(() => encodeCertificate(of()))
  isBug(() => encodeCertificate(of(1, 0)))
  isBug(() => encodeCertificate(of(1, 1)))
  isBug(() => encodeCertificate(of(ledgerCodec.maxValidators)))
  isBug(() => encodeCertificate({ ...of(1), kind: 'skip' }))
  isBug(() => encodeCommittee({ epoch: 0, validators: [] }))
  const validator = (key: number) => ({ key: filled(32, key), weight: 1 })
  isBug(() => encodeCommittee({ epoch: 0, validators: [validator(2), validator(1)] }))
  isBug(() => encodeCommittee({ epoch: 0, validators: [validator(1), validator(1)] }))
  isBug(() => encodeCommittee({ epoch: 0, validators: [{ ...validator(1), weight: 0 }] }))
  const many = Array.from({ length: ledgerCodec.maxValidators + 1 }, (_, key) => validator(key))
  encodeCommittee({ epoch: 0, validators: many.slice(1) })
  isBug(() => encodeCommittee({ epoch: 0, validators: many }))
})

test('a proof of finality has 1 to so many headers', () => {
  const [sample] = fc.sample(header, 1)
  assert.ok(sample)
  const certificate: Certificate = {
    kind: 'final',
    epoch: 0,
    slot: 0,
    block: filled(32),
    votes: signatures(1).map(({ signature }) => ({ voter: 0, signature })),
  }
  const of = (count: number) => encodeFinalityProof({ headers: Array(count).fill(sample), certificate })
  decodeFinalityProof(of(ledgerCodec.maxProofHeaders))
  isBug(() => of(ledgerCodec.maxProofHeaders + 1))
  isBug(() => of(0))
  const largest = of(ledgerCodec.maxProofHeaders)
  const another = largest.subarray(2, 2 + encodeHeader(sample).length)
  const tooMany = new ByteWriter()
    .u16(ledgerCodec.maxProofHeaders + 1)
    .fixed(another)
    .fixed(largest.subarray(2))
    .finish()
  refuses(() => decodeFinalityProof(tooMany))
})

test('memos, buckets and records have a size', () => {
  const transfer = (bytes: number) => ({ to: filled(32), amount: 1n, memo: filled(bytes) })
  decodeTransfer(encodeTransfer(transfer(ledgerCodec.maxMemoBytes)))
  isBug(() => encodeTransfer(transfer(ledgerCodec.maxMemoBytes + 1)))
  refuses(() => decodeBucket(filled(ledgerCodec.maxBucketBytes + 1)))
  const proof = new ByteWriter()
    .fixed(filled(16 * 32))
    .bytes(filled(ledgerCodec.maxBucketBytes + 1))
    .finish()
  refuses(() => decodeStateProof(proof))
  const record = (valueBytes: number) => new ByteWriter().u8(1).u8(0).u16(valueBytes).fixed(filled(valueBytes)).finish()
  decodeBucket(record(ledgerState.maxValueBytes))
  refuses(() => decodeBucket(record(ledgerState.maxValueBytes + 1)))
})

test('what is whole but too large is refused, however it was made', () => {
  const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
  const bytes = encodeTransaction(transaction)
  const head = 1 + 32 + 4 * 8
  const large = new ByteWriter().u8(1).u8(1).bytes(filled(maxOperationBytes)).finish()
  const tooLarge = joined(
    bytes.subarray(0, head),
    Uint8Array.of(5),
    large,
    large,
    large,
    large,
    bytes.subarray(head + 1),
  )
  assert.ok(tooLarge.length > maxTransactionBytes)
  refuses(() => decodeTransaction(tooLarge))

  const count = (number: number) => new ByteWriter().u32(number).finish()
  const whole = new ByteWriter().bytes(filled(maxTransactionBytes)).finish()
  const number = Math.ceil(maxPayloadBytes / whole.length)
  refuses(() => decodePayload(joined(count(number), ...Array(number).fill(whole))))
  const small = new ByteWriter().bytes(filled(1)).finish()
  const many = ledgerCodec.maxTransactions + 1
  refuses(() => decodePayload(joined(count(many), ...Array(many).fill(small))))

  const siblings = Array(Math.ceil(Math.log2(ledgerCodec.maxTransactions)) + 1).fill(filled(32))
  const receipt = { transaction: filled(32), status: 0, usedUnits: 0, feePaid: 0n }
  const path = (list: readonly Uint8Array[]) => encodeReceiptProof({ receipt, position: 0, count: 1, siblings: list })
  decodeReceiptProof(path(siblings.slice(1)))
  refuses(() => decodeReceiptProof(path(siblings)))

  const keys = Array.from({ length: maxAccountKeys + 1 }, (_, key) => filled(32, key))
  const balance = new ByteWriter().u8(2).amount(0n).u64(0)
  refuses(() => decodeAccount(joined(balance.u8(1).u8(keys.length).finish(), ...keys)))
  const memo = filled(ledgerCodec.maxMemoBytes + 1)
  refuses(() => decodeTransfer(new ByteWriter().fixed(filled(32)).amount(0n).u8(memo.length).fixed(memo).finish()))
})

test('a writer grows in the middle of any value, and a reader gives back what it wrote', () => {
  for (let capacity = 0; capacity < 40; capacity += 1) {
    const writer = new ByteWriter(capacity)
      .u8(1)
      .u16(2)
      .u32(3)
      .u64(2 ** 53 - 1)
      .amount(2n ** 64n - 1n)
    const reader = new ByteReader(writer.bytes(Uint8Array.of(7)).fixed(Uint8Array.of(8, 9)).finish())
    assert.deepEqual([reader.u8(), reader.u16(), reader.u32(), reader.u64()], [1, 2, 3, 2 ** 53 - 1])
    assert.equal(reader.amount(), 2n ** 64n - 1n)
    assert.deepEqual([reader.bytes(1), reader.fixed(2)], [Uint8Array.of(7), Uint8Array.of(8, 9)])
    reader.end()
    refuses(() => reader.u8())
  }
})

test('a counter above 2^53 - 1 is refused', () => {
  refuses(() => new ByteReader(Uint8Array.of(0, 0, 0, 0, 0, 0, 32, 0)).u64())
  refuses(() => new ByteReader(filled(8, 0xff)).u64())
  assert.equal(new ByteReader(Uint8Array.of(255, 255, 255, 255, 255, 255, 31, 0)).u64(), Number.MAX_SAFE_INTEGER)
})
