import { limits } from '@borgios/core'
import {
  type Account,
  type AccountPolicy,
  type Block,
  type BlockHeader,
  type BucketRecord,
  type Certificate,
  type Checkpoint,
  type Committee,
  compareBytes,
  type EpochProof,
  type EpochSeal,
  type FinalityProof,
  noBlock,
  type Receipt,
  type ReceiptProof,
  type StateProof,
  type Transaction,
  type Transfer,
  type Vote,
  type VoteSubject,
} from '@borgios/protocol'
import fc from 'fast-check'

const { ledgerCodec } = limits

/** A record with the prototype of any object, so that it equals what a decoder makes. */
const record = <Value>(model: { [Key in keyof Value]: fc.Arbitrary<Value[Key]> }): fc.Arbitrary<Value> =>
  fc.record<Value>(model, { noNullPrototype: true })

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
const upTo = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const hash = bytes(32)
const signature = bytes(64)
const counter = fc.oneof(fc.nat(1_000), fc.maxSafeNat(), fc.constantFrom(2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER))
const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const someNonZero = fc.integer({ min: 1, max: 255 })

const rising = (max: number, limit: number): fc.Arbitrary<number[]> =>
  fc
    .uniqueArray(fc.nat(max), { minLength: 1, maxLength: limit })
    .map((positions) => positions.sort((one, other) => one - other))
const risingHashes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array[]> =>
  fc
    .uniqueArray(hash, { minLength, maxLength, comparator: (one, other) => compareBytes(one, other) === 0 })
    .map((keys) => keys.sort(compareBytes))

export const transaction: fc.Arbitrary<Transaction> = record({
  account: hash,
  nonce: counter,
  lastHeight: counter,
  maxFeePerUnit: amount,
  tipPerUnit: amount,
  operations: fc.array(record({ module: someNonZero, kind: fc.nat(255), body: upTo(200) }), {
    minLength: 1,
    maxLength: ledgerCodec.maxOperations,
  }),
  signatures: rising(ledgerCodec.maxAccountKeys - 1, ledgerCodec.maxAccountKeys).chain((keys) =>
    fc.tuple(...keys.map((key) => signature.map((each) => ({ key, signature: each })))),
  ),
})

const seal: fc.Arbitrary<EpochSeal> = record({ lastHeight: counter, beacon: hash, nextCommittee: hash })

export const header: fc.Arbitrary<BlockHeader> = record({
  epoch: counter,
  slot: counter,
  height: counter,
  parent: record({ slot: counter.map((slot) => slot - 1), hash }),
  timeMs: counter,
  leader: fc.nat(ledgerCodec.maxValidators - 1),
  baseFee: amount,
  usedUnits: counter,
  payload: hash,
  stateRoot: hash,
  receiptsRoot: hash,
  committee: hash,
  seal: fc.option(seal, { nil: undefined }),
})

export const payload: fc.Arbitrary<Uint8Array[]> = fc.array(upTo(100), { maxLength: 20 })
export const block: fc.Arbitrary<Block> = record({ header, signature, transactions: payload })

const subject: fc.Arbitrary<VoteSubject> = fc.oneof(
  record({ kind: fc.constantFrom('notar', 'final'), epoch: counter, slot: counter, block: hash }),
  record({ kind: fc.constant('skip' as const), epoch: counter, slot: counter, block: fc.constant(noBlock()) }),
)

const voter = fc.nat(ledgerCodec.maxValidators - 1)
export const vote: fc.Arbitrary<Vote> = fc
  .tuple(subject, record({ voter, signature }))
  .map(([about, cast]) => ({ ...about, ...cast }))

export const certificate: fc.Arbitrary<Certificate> = fc
  .tuple(subject, rising(ledgerCodec.maxValidators - 1, 8))
  .chain(([about, voters]) =>
    fc
      .tuple(...voters.map((position) => signature.map((each) => ({ voter: position, signature: each }))))
      .map((votes) => ({ ...about, votes })),
  )

export const committee: fc.Arbitrary<Committee> = fc
  .tuple(
    counter,
    risingHashes(1, 8),
    fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 }), { minLength: 8, maxLength: 8 }),
  )
  .map(([epoch, keys, weights]) => ({
    epoch,
    validators: keys.map((key, index) => ({ key, weight: weights[index] ?? 1 })),
  }))

export const receipt: fc.Arbitrary<Receipt> = record({
  transaction: hash,
  status: fc.nat(0xffff),
  usedUnits: counter,
  feePaid: amount,
})

export const receiptProof: fc.Arbitrary<ReceiptProof> = record({
  receipt,
  position: fc.nat(2 ** 32 - 1),
  count: fc.nat(2 ** 32 - 1),
  siblings: fc.array(hash, { maxLength: 13 }),
})

const byTableAndKey = (one: BucketRecord, other: BucketRecord): number =>
  one.tableId - other.tableId || compareBytes(one.key, other.key)
const bucketRecord: fc.Arbitrary<BucketRecord> = record({
  tableId: fc.integer({ min: 1, max: 3 }),
  key: fc.oneof(upTo(2), hash),
  value: upTo(64),
})
export const bucket: fc.Arbitrary<BucketRecord[]> = fc
  .uniqueArray(bucketRecord, { maxLength: 6, comparator: (one, other) => byTableAndKey(one, other) === 0 })
  .map((records) => records.sort(byTableAndKey))

export const stateProof: fc.Arbitrary<StateProof> = record({
  bucket: upTo(300),
  siblings: fc.array(hash, { minLength: 16, maxLength: 16 }),
})

export const transfer: fc.Arbitrary<Transfer> = record({ to: hash, amount, memo: upTo(ledgerCodec.maxMemoBytes) })

const policy: fc.Arbitrary<AccountPolicy> = risingHashes(1, ledgerCodec.maxAccountKeys).chain((keys) =>
  fc.integer({ min: 1, max: keys.length }).map((needed) => ({ needed, keys })),
)

export const account: fc.Arbitrary<Account> = record({
  balance: amount,
  nonce: counter,
  policy: fc.option(policy, { nil: undefined }),
})

export const finalityProof: fc.Arbitrary<FinalityProof> = record({
  headers: fc.array(header, { minLength: 1, maxLength: 4 }),
  certificate,
})

export const epochProof: fc.Arbitrary<EpochProof> = record({ last: finalityProof, next: committee })

export const checkpoint: fc.Arbitrary<Checkpoint> = record<Checkpoint>({
  network: hash,
  committee,
  lastHeight: counter,
  height: counter,
  blockHash: hash,
  stateRoot: hash,
  timeMs: counter,
}).filter(({ height, lastHeight }) => height < lastHeight)
