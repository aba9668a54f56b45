import { limits } from '@borgios/core'
import { ByteReader, ByteWriter, HASH_BYTES, malformed } from '@borgios/protocol'
import { MOVEMENT_KINDS, type Movement } from './movements.ts'

const MORE = 0
const LESS = 1

/** Kind u8, height u64, time u64, sign u8, amount u64, fee u64, balance u64, counterpart and transaction (u8, 32), memo. */
export function encodeMovement(movement: Movement): Uint8Array {
  const { kind, height, timeMs, amount, fee, balance, counterpart, transaction, memo } = movement
  const writer = new ByteWriter().u8(MOVEMENT_KINDS.indexOf(kind)).u64(height).u64(timeMs)
  writer.u8(amount < 0n ? LESS : MORE).amount(amount < 0n ? -amount : amount)
  writer.amount(fee).amount(balance)
  for (const hash of [counterpart, transaction]) {
    writer.u8(hash === undefined ? 0 : 1)
    if (hash !== undefined) writer.fixed(hash)
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
    counterpart: readHash(reader),
    transaction: readHash(reader),
    memo: reader.bytes(limits.ledgerCodec.maxMemoBytes),
  }
  reader.end()
  return movement
}

const readHash = (reader: ByteReader): Uint8Array | undefined =>
  reader.u8() === 0 ? undefined : reader.fixed(HASH_BYTES)
