import { limits } from '@borgios/core'
import { ByteReader, ByteWriter, HASH_BYTES, MOVEMENT_KINDS, malformed } from '@borgios/protocol'
import type { Movement } from './movements.ts'

const MORE = 0
const LESS = 1
/** In place of a length. */
const NONE = 0
const A_HASH = 1

/**
 * Kind u8, height u64, time u64, sign u8, amount u64, fee u64, balance u64, subject and transaction (u8: 0 none, 1 for 32 bytes, else their
 * number; the bytes), memo.
 */
export function encodeMovement(movement: Movement): Uint8Array {
  const { kind, height, timeMs, amount, fee, balance, subject, transaction, memo } = movement
  const writer = new ByteWriter().u8(MOVEMENT_KINDS.indexOf(kind)).u64(height).u64(timeMs)
  writer.u8(amount < 0n ? LESS : MORE).amount(amount < 0n ? -amount : amount)
  writer.amount(fee).amount(balance)
  for (const bytes of [subject, transaction]) {
    writer.u8(bytes === undefined ? NONE : bytes.length === HASH_BYTES ? A_HASH : bytes.length)
    if (bytes !== undefined) writer.fixed(bytes)
  }
  return writer.bytes(memo).finish()
}

/** Throws PROTOCOL_MALFORMED. */
export function decodeMovement(bytes: Uint8Array): Movement {
  const reader = new ByteReader(bytes)
  const kind = MOVEMENT_KINDS[reader.u8()]
  if (kind === undefined) throw malformed('a movement of no known kind')
  const height = reader.u64()
  const timeMs = reader.u64()
  const isLess = reader.u8() === LESS
  const size = reader.amount()
  const movement = {
    kind,
    height,
    timeMs,
    amount: isLess ? -size : size,
    fee: reader.amount(),
    balance: reader.amount(),
    subject: readBytes(reader),
    transaction: readBytes(reader),
    memo: reader.bytes(limits.ledgerCodec.maxMemoBytes),
  }
  reader.end()
  return movement
}

function readBytes(reader: ByteReader): Uint8Array | undefined {
  const length = reader.u8()
  return length === NONE ? undefined : reader.fixed(length === A_HASH ? HASH_BYTES : length)
}
