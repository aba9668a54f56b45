import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { HASH_BYTES, taggedHash } from './hashes.ts'
import { merklePath, merkleRoot, merkleRootOf } from './merkle-list.ts'

/** What became of one transaction of a block. */
export interface Receipt {
  /** 32 bytes. */
  readonly transaction: Uint8Array
  /** 0 done; else the number of the reason for which nothing but the fee took effect. */
  readonly status: number
  readonly usedUnits: number
  readonly feePaid: bigint
}

/** That a receipt stands in a block, against the header's `receiptsRoot`. */
export interface ReceiptProof {
  readonly receipt: Receipt
  /** Its place among the receipts, from 0, and their number. */
  readonly position: number
  readonly count: number
  /** From the leaf's neighbour up, 32 bytes each. */
  readonly siblings: readonly Uint8Array[]
}

/** Of an encoded receipt. */
export const RECEIPT_BYTES = HASH_BYTES + 2 + 8 + 8
/** Levels of a tree over the receipts of the fullest block. */
const MAX_SIBLINGS = Math.ceil(Math.log2(limits.ledgerCodec.maxTransactions))

function writeReceipt(writer: ByteWriter, { transaction, status, usedUnits, feePaid }: Receipt): ByteWriter {
  assert(transaction.length === HASH_BYTES, 'a transaction is named by 32 bytes')
  return writer.fixed(transaction).u16(status).u64(usedUnits).amount(feePaid)
}

const readReceipt = (reader: ByteReader): Receipt => ({
  transaction: reader.fixed(HASH_BYTES),
  status: reader.u16(),
  usedUnits: reader.u64(),
  feePaid: reader.amount(),
})

/** Transaction 32, status u16, used units u64, fee paid u64. */
export const encodeReceipt = (receipt: Receipt): Uint8Array =>
  writeReceipt(new ByteWriter(RECEIPT_BYTES), receipt).finish()

/** Throws PROTOCOL_MALFORMED. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new ByteReader(bytes)
  const receipt = readReceipt(reader)
  reader.end()
  return receipt
}

/** The list's length belongs to the root: a path says something about a place only together with it. */
const rootOf = (count: number, root: Uint8Array): Uint8Array =>
  taggedHash('receipts/1', new ByteWriter(4).u32(count).finish(), root)

/** What a header says of the receipts of its block: hash of their number u32 and the Merkle root over their encodings. */
export const receiptsRoot = (receipts: readonly Receipt[]): Uint8Array =>
  rootOf(receipts.length, merkleRoot(receipts.map(encodeReceipt)))

/** Proves the receipt at a position of the list. */
export function proveReceipt(receipts: readonly Receipt[], position: number): ReceiptProof {
  const receipt = receipts[position]
  assert(receipt !== undefined, 'the receipt is one of the list')
  return { receipt, position, count: receipts.length, siblings: merklePath(receipts.map(encodeReceipt), position) }
}

/** The `receiptsRoot` that a proof leads to; undefined when its path is not as long as such a list's. */
export function receiptsRootOf({ receipt, position, count, siblings }: ReceiptProof): Uint8Array | undefined {
  const root = merkleRootOf(encodeReceipt(receipt), position, count, siblings)
  return root && rootOf(count, root)
}

/** Receipt, position u32, count u32, number of siblings u8, siblings 32 each. */
export function encodeReceiptProof({ receipt, position, count, siblings }: ReceiptProof): Uint8Array {
  const writer = writeReceipt(new ByteWriter(), receipt).u32(position).u32(count).u8(siblings.length)
  for (const sibling of siblings) writer.fixed(sibling)
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED. */
export function decodeReceiptProof(bytes: Uint8Array): ReceiptProof {
  const reader = new ByteReader(bytes)
  const receipt = readReceipt(reader)
  const position = reader.u32()
  const count = reader.u32()
  const length = reader.u8()
  if (length > MAX_SIBLINGS) throw malformed('a path longer than any')
  const siblings = Array.from({ length }, () => reader.fixed(HASH_BYTES))
  reader.end()
  return { receipt, position, count, siblings }
}
