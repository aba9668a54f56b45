import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { SIGNATURE_BYTES, taggedHash } from './hashes.ts'
import { type BlockHeader, MAX_HEADER_BYTES, readHeader, writeHeader } from './header.ts'

/** A header, its leader's word for it, and what it contains. */
export interface Block {
  readonly header: BlockHeader
  /** 64 bytes over {@link proposalSigningBytes}, by the leader's validator key. */
  readonly signature: Uint8Array
  /** Encoded transactions, in order. */
  readonly transactions: readonly Uint8Array[]
}

const { maxPayloadBytes, maxTransactionBytes, maxTransactions } = limits.ledgerCodec

const payloadBytes = (transactions: readonly Uint8Array[]): number =>
  transactions.reduce((sum, transaction) => sum + 4 + transaction.length, 4)

/** Number of transactions u32; each length u32 and its bytes. */
export function encodePayload(transactions: readonly Uint8Array[]): Uint8Array {
  const bytes = payloadBytes(transactions)
  assert(bytes <= maxPayloadBytes && transactions.length <= maxTransactions, 'a payload that is too large')
  const writer = new ByteWriter(bytes).u32(transactions.length)
  for (const transaction of transactions) {
    assert(transaction.length <= maxTransactionBytes, 'a transaction that is too large')
    writer.bytes(transaction)
  }
  return writer.finish()
}

/** Views of the bytes; what the transactions say is not looked at. Throws PROTOCOL_MALFORMED. */
export function decodePayload(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length > maxPayloadBytes) throw malformed('a payload that is too large')
  const reader = new ByteReader(bytes)
  const count = reader.u32()
  if (count > maxTransactions) throw malformed('too many transactions')
  const transactions: Uint8Array[] = []
  for (let index = 0; index < count; index += 1) transactions.push(reader.bytes(maxTransactionBytes))
  reader.end()
  return transactions
}

/** What a header says of its payload, which is given as encoded. */
export const payloadHash = (payload: Uint8Array): Uint8Array => taggedHash('payload/1', payload)

/** Header, signature 64, payload length u32 and payload. */
export function encodeBlock({ header, signature, transactions }: Block): Uint8Array {
  assert(signature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
  const payload = encodePayload(transactions)
  const writer = new ByteWriter(MAX_HEADER_BYTES + SIGNATURE_BYTES + 4 + payload.length)
  writeHeader(writer, header)
  return writer.fixed(signature).bytes(payload).finish()
}

/** Its parts are views of the bytes; whether the payload is the header's is not looked at. Throws PROTOCOL_MALFORMED. */
export function decodeBlock(bytes: Uint8Array): Block {
  const reader = new ByteReader(bytes)
  const header = readHeader(reader)
  const signature = reader.fixed(SIGNATURE_BYTES)
  const transactions = decodePayload(reader.bytes(maxPayloadBytes))
  reader.end()
  return { header, signature, transactions }
}
