import { nobleEd25519, type Signer } from '@borgios/crypto'
import {
  type Account,
  type AccountPolicy,
  type BlockHeader,
  type BucketRecord,
  bucketHash,
  type Certificate,
  type Checkpoint,
  type Committee,
  committeeHash,
  compareBytes,
  encodeBucket,
  encodePayload,
  encodeTransaction,
  encodeTransfer,
  headerHash,
  noBlock,
  payloadHash,
  proposalSigningBytes,
  type Receipt,
  receiptsRoot,
  type StateProof,
  stateRootOf,
  type Transaction,
  type Transfer,
  taggedHash,
  transactionId,
  transactionSigningBytes,
  type UnsignedTransaction,
  type Vote,
  type VoteKind,
  voteSigningBytes,
} from '@borgios/protocol'

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
/** Keys of the vectors: the seed is 32 times the same byte, so that any language can make them. */
const signerOf = (byte: number): Signer => nobleEd25519.signerFromSeed(filled(byte))
const NOW_MS = 1_800_000_000_000

export const network = filled(0xee)
const alice = signerOf(1)
const bob = signerOf(2)
const validators = [3, 4, 5, 6].map(signerOf).sort((one, other) => compareBytes(one.publicKey, other.publicKey))
const [firstValidator = alice] = validators

export const policy: AccountPolicy = {
  needed: 2,
  keys: [alice, bob, signerOf(7)].map((each) => each.publicKey).sort(compareBytes),
}
export const accounts: Readonly<Record<string, Account>> = {
  'a plain account': { balance: 1_500_000n, nonce: 3, policy: undefined },
  'a majority account of 2 out of 3': { balance: 2n ** 64n - 1n, nonce: Number.MAX_SAFE_INTEGER, policy },
}
const transfer: Transfer = { to: bob.publicKey, amount: 1_000_000n, memo: new Uint8Array() }
export const transfers: Readonly<Record<string, Transfer>> = {
  'one without a memo': transfer,
  'one with a memo': { ...transfer, memo: new TextEncoder().encode('für den Kaffee') },
}

function sign(
  unsigned: UnsignedTransaction,
  signers: readonly (readonly [key: number, signer: Signer])[],
): Transaction {
  const message = transactionSigningBytes(network, unsigned)
  return { ...unsigned, signatures: signers.map(([key, signer]) => ({ key, signature: signer.sign(message) })) }
}

const unsigned: UnsignedTransaction = {
  account: alice.publicKey,
  nonce: 12,
  lastHeight: 3_456,
  maxFeePerUnit: 20n,
  tipPerUnit: 2n,
  operations: [{ module: 1, kind: 1, body: encodeTransfer(transfer) }],
}
const largest = { nonce: Number.MAX_SAFE_INTEGER, lastHeight: Number.MAX_SAFE_INTEGER, maxFeePerUnit: 2n ** 64n - 1n }
const operations = [...unsigned.operations, { module: 255, kind: 255, body: new Uint8Array() }]
const keyed = policy.keys.map((key, place) => [place, key === bob.publicKey ? bob : alice] as const)
export const transaction = sign(unsigned, [[0, alice]])
export const transactions: Readonly<Record<string, Transaction>> = {
  'a transfer': transaction,
  'two operations, the largest numbers, two signatures': sign({ ...unsigned, ...largest, operations }, keyed.slice(1)),
}

export const committee: Committee = {
  epoch: 5,
  validators: validators.map(({ publicKey }, index) => ({ key: publicKey, weight: index + 1 })),
}

export const receipts: readonly Receipt[] = [0, 7, 65_535].map((status, index) => ({
  transaction: transactionId(network, { ...unsigned, nonce: index }),
  status,
  usedUnits: 300 + index,
  feePaid: BigInt(6_600 + index),
}))

export const payload = Object.values(transactions).map(encodeTransaction)
export const records: readonly BucketRecord[] = [
  { tableId: 1, key: alice.publicKey, value: Uint8Array.of(1, 2, 3) },
  { tableId: 1, key: bob.publicKey, value: new Uint8Array() },
  { tableId: 2, key: new Uint8Array(), value: Uint8Array.of(255) },
].sort((one, other) => one.tableId - other.tableId || compareBytes(one.key, other.key))
export const stateProof: StateProof = {
  bucket: encodeBucket(records),
  siblings: Array.from({ length: 16 }, (_, level) => bucketHash(Uint8Array.of(level))),
}
export const PROVEN_BUCKET = 42_435

const header: BlockHeader = {
  epoch: 5,
  slot: 17,
  height: 516,
  parent: { slot: 15, hash: taggedHash('vector', Uint8Array.of(1)) },
  timeMs: NOW_MS,
  leader: 2,
  baseFee: 18n,
  usedUnits: 903,
  payload: payloadHash(encodePayload(payload)),
  stateRoot: stateRootOf(PROVEN_BUCKET, stateProof),
  receiptsRoot: receiptsRoot(receipts),
  committee: committeeHash(committee),
  seal: undefined,
}
const seal = { lastHeight: 600, beacon: filled(0xbe), nextCommittee: committeeHash({ ...committee, epoch: 6 }) }
const last: BlockHeader = {
  ...header,
  slot: 18,
  height: 517,
  parent: { slot: 17, hash: headerHash(network, header) },
  timeMs: NOW_MS + 1,
  seal,
}
export const headers: Readonly<Record<string, BlockHeader>> = {
  'a header': header,
  'the first of an epoch': { ...header, slot: 0, parent: { ...header.parent, slot: -1 } },
  'the last of an epoch': last,
}
const signature = firstValidator.sign(proposalSigningBytes(headerHash(network, header)))
export const block = { header, signature, transactions: payload }

const castBy =
  (kind: VoteKind, hash: Uint8Array) =>
  (signer: Signer, voter: number): Vote => {
    const subject = { kind, epoch: 5, slot: 18, block: hash }
    return { ...subject, voter, signature: signer.sign(voteSigningBytes(network, subject)) }
  }
const hash = headerHash(network, last)
export const votes: Readonly<Record<string, Vote>> = {
  'to notarise': castBy('notar', hash)(firstValidator, 0),
  'to skip': castBy('skip', noBlock())(firstValidator, 0),
  'to finalise': castBy('final', hash)(firstValidator, 0),
}
export const certificate: Certificate = {
  ...{ kind: 'final', epoch: 5, slot: 18, block: hash },
  votes: validators
    .map(castBy('final', hash))
    .slice(1)
    .map(({ voter, signature: each }) => ({ voter, signature: each })),
}
export const finalityProof = { headers: [header, last], certificate }
export const epochProof = { last: { headers: [last], certificate }, next: { ...committee, epoch: 6 } }
export const checkpoint: Checkpoint = {
  network,
  committee,
  lastHeight: last.height,
  height: header.height,
  blockHash: headerHash(network, header),
  stateRoot: header.stateRoot,
  timeMs: header.timeMs,
}
