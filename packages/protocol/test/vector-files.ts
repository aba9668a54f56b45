import { readFileSync } from 'node:fs'
import type { JsonValue } from '@borgios/core'
import * as protocol from '@borgios/protocol'
import { refused } from './refused-bytes.ts'
import * as values from './vector-values.ts'

export interface Vector {
  readonly name: string
  /** Bytes in hex, amounts in decimal, nothing as null. */
  readonly value: JsonValue
  readonly bytes: string
  /** What is computed from the value. */
  readonly [derived: string]: JsonValue
}

interface Area {
  readonly valid: readonly Vector[]
  /** Bytes that must be refused. */
  readonly refused: readonly { readonly name: string; readonly bytes: string }[]
}

const { network } = values
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A value as JSON that any language reads. */
export function toJson(value: unknown): JsonValue {
  if (value === undefined) return null
  if (value instanceof Uint8Array) return hexOf(value)
  if (typeof value === 'bigint') return `${value}`
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJson(each)]))
}

/** The vectors of one kind of value. */
function area<Value>(
  name: string,
  cases: Readonly<Record<string, Value>>,
  encode: (value: Value) => Uint8Array,
  derive: (value: Value) => Readonly<Record<string, unknown>> = () => ({}),
): Area {
  const valid = Object.entries(cases).map(([title, value]) => ({
    name: title,
    value: toJson(value),
    bytes: hexOf(encode(value)),
    ...Object.fromEntries(Object.entries(derive(value)).map(([what, each]) => [what, toJson(each)])),
  }))
  const wrong = Object.entries(refused[name] ?? {}).map(([what, bytes]) => ({ name: what, bytes: hexOf(bytes) }))
  return { valid, refused: wrong }
}

const receiptCases = Object.fromEntries(values.receipts.map((receipt) => [`status ${receipt.status}`, receipt]))
const receiptProofs = Object.fromEntries(
  values.receipts.map((_, position) => [`position ${position} of 3`, protocol.proveReceipt(values.receipts, position)]),
)

/** The vectors as they are made now, by area. */
export const made = {
  transaction: area('transaction', values.transactions, protocol.encodeTransaction, (value) => ({
    network,
    signingBytes: protocol.transactionSigningBytes(network, value),
    id: protocol.transactionId(network, value),
  })),
  transfer: area('transfer', values.transfers, protocol.encodeTransfer),
  account: area('account', values.accounts, protocol.encodeAccount, ({ policy }) =>
    policy === undefined ? {} : { majorityAccount: protocol.majorityAccount(policy) },
  ),
  header: area('header', values.headers, protocol.encodeHeader, (value) => ({
    network,
    hash: protocol.headerHash(network, value),
    proposalSigningBytes: protocol.proposalSigningBytes(protocol.headerHash(network, value)),
  })),
  payload: area('payload', { empty: [], 'two transactions': values.payload }, protocol.encodePayload, (value) => ({
    hash: protocol.payloadHash(protocol.encodePayload(value)),
  })),
  block: area('block', { 'a block': values.block }, protocol.encodeBlock),
  vote: area('vote', values.votes, protocol.encodeVote, (value) => ({
    network,
    signingBytes: protocol.voteSigningBytes(network, value),
  })),
  certificate: area('certificate', { 'a final one': values.certificate }, protocol.encodeCertificate),
  committee: area('committee', { 'four of rising weights': values.committee }, protocol.encodeCommittee, (value) => ({
    hash: protocol.committeeHash(value),
  })),
  receipt: area('receipt', receiptCases, protocol.encodeReceipt),
  'receipt-proof': area('receipt-proof', receiptProofs, protocol.encodeReceiptProof, () => ({
    receiptsRoot: protocol.receiptsRoot(values.receipts),
  })),
  bucket: area('bucket', { empty: [], 'three records': values.records }, protocol.encodeBucket, (records) => ({
    hash: protocol.bucketHash(protocol.encodeBucket(records)),
    keyHashes: records.map(({ tableId, key }) => protocol.stateKeyHash(tableId, key)),
    buckets: records.map(({ tableId, key }) => protocol.bucketOf(protocol.stateKeyHash(tableId, key))),
  })),
  'state-proof': area('state-proof', { 'bucket 42435': values.stateProof }, protocol.encodeStateProof, (value) => ({
    bucket: values.PROVEN_BUCKET,
    stateRoot: protocol.stateRootOf(values.PROVEN_BUCKET, value),
  })),
  'finality-proof': area('finality-proof', { 'two headers': values.finalityProof }, protocol.encodeFinalityProof),
  'epoch-proof': area('epoch-proof', { 'one header': values.epochProof }, protocol.encodeEpochProof),
  checkpoint: area('checkpoint', { 'within an epoch': values.checkpoint }, protocol.encodeCheckpoint),
}

/** The vectors as the committed file holds them. */
export const committed = (name: keyof typeof made): Area =>
  JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8')) as Area
