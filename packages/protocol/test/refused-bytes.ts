import { ByteWriter, encodeCheckpoint, encodeTransaction } from '@borgios/protocol'
import * as values from './vector-values.ts'

/** Bytes that a decoder must refuse although they are whole, by the name of what they should be. */
type Refused = Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>

const filled = (length: number, byte = 1): Uint8Array => new Uint8Array(length).fill(byte)
const write = (): ByteWriter => new ByteWriter()
const transactionHead = (format: number): ByteWriter =>
  write().u8(format).fixed(filled(32)).u64(0).u64(0).amount(0n).amount(0n)
const operation = (writer: ByteWriter, module = 1): ByteWriter => writer.u8(module).u8(1).bytes(filled(1))
const signature = (writer: ByteWriter, key = 0): ByteWriter => writer.u8(key).fixed(filled(64))
const skip = (block: number): ByteWriter => write().u8(1).u64(0).u64(0).fixed(filled(32, block))
const final = (kind = 2): ByteWriter => write().u8(kind).u64(0).u64(0).fixed(filled(32))
const vote = (writer: ByteWriter, voter: number): ByteWriter => writer.u16(voter).fixed(filled(64))
const validator = (writer: ByteWriter, key: number, weight = 1): ByteWriter => writer.fixed(filled(32, key)).u32(weight)
const record = (writer: ByteWriter, table: number, key: number): ByteWriter => writer.u8(table).u8(1).u8(key).u16(0)
const majority = (needed: number, ...keys: readonly number[]): Uint8Array => {
  const writer = write().u8(2).amount(0n).u64(0).u8(needed).u8(keys.length)
  for (const key of keys) writer.fixed(filled(32, key))
  return writer.finish()
}
/** A checkpoint whose block is the last of the epoch that it says goes on. */
function checkpointAtTheEnd(): Uint8Array {
  const bytes = Uint8Array.from(encodeCheckpoint({ ...values.checkpoint, height: 1, lastHeight: 2 }))
  return bytes.fill(2, 32, 33)
}
/** A transaction whose nonce is 2^53. */
function nonceTooLarge(): Uint8Array {
  const bytes = Uint8Array.from(encodeTransaction(values.transaction))
  bytes.set(Uint8Array.of(0, 0, 0, 0, 0, 0, 32, 0), 33)
  return bytes
}

export const refused: Refused = {
  transaction: {
    'format 2': signature(operation(transactionHead(2).u8(1)).u8(1)).finish(),
    'no operation': signature(transactionHead(1).u8(0).u8(1)).finish(),
    'module 0': signature(operation(transactionHead(1).u8(1), 0).u8(1)).finish(),
    'no signature': operation(transactionHead(1).u8(1)).u8(0).finish(),
    'a key that signs twice': signature(signature(operation(transactionHead(1).u8(1)).u8(2))).finish(),
    'keys that fall': signature(signature(operation(transactionHead(1).u8(1)).u8(2), 1)).finish(),
    'key 32': signature(operation(transactionHead(1).u8(1)).u8(1), 32).finish(),
    'a nonce of 2^53': nonceTooLarge(),
  },
  vote: {
    'kind 3': vote(final(3), 0).finish(),
    'a skip about a block': vote(skip(1), 0).finish(),
    'voter 64': vote(final(), 64).finish(),
  },
  certificate: {
    'no vote': final().u8(0).finish(),
    'a vote counted twice': vote(vote(final().u8(2), 3), 3).finish(),
    'voters that fall': vote(vote(final().u8(2), 3), 2).finish(),
    'a skip about a block': vote(skip(1).u8(1), 0).finish(),
  },
  committee: {
    'no validator': write().u64(1).u16(0).finish(),
    'a validator without weight': validator(write().u64(1).u16(1), 1, 0).finish(),
    'a validator counted twice': validator(validator(write().u64(1).u16(2), 1), 1).finish(),
    'keys that fall': validator(validator(write().u64(1).u16(2), 2), 1).finish(),
  },
  bucket: {
    'table 0': record(write(), 0, 1).finish(),
    'a record twice': record(record(write(), 1, 1), 1, 1).finish(),
    'keys that fall': record(record(write(), 1, 2), 1, 1).finish(),
    'tables that fall': record(record(write(), 2, 1), 1, 2).finish(),
  },
  account: {
    'kind 3': write().u8(3).amount(0n).u64(0).finish(),
    'a majority of none': majority(0, 1),
    'a majority of more than there are': majority(2, 1),
    'a key twice': majority(1, 1, 1),
    'keys that fall': majority(1, 2, 1),
  },
  checkpoint: { 'an epoch that is over': checkpointAtTheEnd() },
  'finality-proof': { 'no header': vote(write().u16(0).fixed(final().finish()).u8(1), 0).finish() },
}
