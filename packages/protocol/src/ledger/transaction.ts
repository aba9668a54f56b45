import { assert, limits } from '@borgios/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { HASH_BYTES, hashTag, SIGNATURE_BYTES } from './hashes.ts'

const {
  ledgerCodec: { maxAccountKeys, maxOperationBytes, maxOperations, maxTransactionBytes },
} = limits

/** What a transaction asks of one state module. Its body has that module's fixed layout. */
export interface Operation {
  /** The state module, 1 to 255. */
  readonly module: number
  /** Which of the module's operations. */
  readonly kind: number
  readonly body: Uint8Array
}

/** One signature of the account's key or, for a majority account, of one of its keys. */
export interface TransactionSignature {
  /** Position of the key in the account's list; 0 for a plain account. Strictly rising within a transaction. */
  readonly key: number
  /** 64 bytes, Ed25519 over what {@link transactionSigningBytes} gives. */
  readonly signature: Uint8Array
}

/** Operations that happen together or not at all, signed by the account that pays for them. */
export interface Transaction {
  /** 32 bytes: who acts and pays. */
  readonly account: Uint8Array
  /** How many transactions of the account came before: each takes effect once, in this order. */
  readonly nonce: number
  /** The last height at which it may still enter a block. */
  readonly lastHeight: number
  /** What one fee unit may cost at most, base fee and tip together, in micro-units of the currency. */
  readonly maxFeePerUnit: bigint
  /** Of that, what the leader of the block may have. */
  readonly tipPerUnit: bigint
  readonly operations: readonly Operation[]
  readonly signatures: readonly TransactionSignature[]
}

/** A transaction before anybody signed it. */
export type UnsignedTransaction = Omit<Transaction, 'signatures'>

/** Leads every encoding, so that a later layout can be told from this one. */
const FORMAT = 1
/** Leads what the signatures of a transaction cover. */
export const TRANSACTION_TAG = hashTag('transaction/1')
const UNSIGNED_FIXED_BYTES = 1 + HASH_BYTES + 4 * 8 + 1
const OPERATION_BYTES = 1 + 1 + 4
const KEYED_SIGNATURE_BYTES = 1 + SIGNATURE_BYTES

function unsignedBytes({ operations }: UnsignedTransaction): number {
  let bytes = UNSIGNED_FIXED_BYTES
  for (const { body } of operations) bytes += OPERATION_BYTES + body.length
  return bytes
}

function writeUnsigned(writer: ByteWriter, transaction: UnsignedTransaction): ByteWriter {
  const { account, nonce, lastHeight, maxFeePerUnit, tipPerUnit, operations } = transaction
  assert(account.length === HASH_BYTES, 'an account has 32 bytes')
  assert(operations.length >= 1 && operations.length <= maxOperations, 'a transaction has operations, and not too many')
  writer.u8(FORMAT).fixed(account).u64(nonce).u64(lastHeight).amount(maxFeePerUnit).amount(tipPerUnit)
  writer.u8(operations.length)
  for (const { module, kind, body } of operations) {
    assert(module !== 0, 'modules count from 1')
    assert(body.length <= maxOperationBytes, 'an operation that is too large')
    writer.u8(module).u8(kind).bytes(body)
  }
  return writer
}

/**
 * Format u8 = 1, account 32, nonce u64, last height u64, maximum fee u64, tip u64; number of operations u8, each module u8, kind u8, length u32
 * and body; number of signatures u8, each key u8 and signature 64.
 */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const { signatures } = transaction
  const bytes = unsignedBytes(transaction) + 1 + signatures.length * KEYED_SIGNATURE_BYTES
  assert(bytes <= maxTransactionBytes, 'a transaction that is too large')
  assert(
    signatures.length >= 1 && signatures.length <= maxAccountKeys,
    'a transaction has signatures, and not too many',
  )
  const writer = writeUnsigned(new ByteWriter(bytes), transaction).u8(signatures.length)
  let previous = -1
  for (const { key, signature } of signatures) {
    assert(key > previous && key < maxAccountKeys, 'positions of keys do not rise')
    assert(signature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
    writer.u8(key).fixed(signature)
    previous = key
  }
  return writer.finish()
}

/** Its parts are views of the bytes. Throws PROTOCOL_MALFORMED unless they are the one encoding of a transaction. */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  if (bytes.length > maxTransactionBytes) throw malformed('a transaction that is too large')
  const reader = new ByteReader(bytes)
  if (reader.u8() !== FORMAT) throw malformed('a transaction in a format that this version does not know')
  const account = reader.fixed(HASH_BYTES)
  const nonce = reader.u64()
  const lastHeight = reader.u64()
  const maxFeePerUnit = reader.amount()
  const tipPerUnit = reader.amount()
  const operations = readOperations(reader)
  const signatures = readSignatures(reader)
  reader.end()
  return { account, nonce, lastHeight, maxFeePerUnit, tipPerUnit, operations, signatures }
}

function readOperations(reader: ByteReader): Operation[] {
  const count = reader.u8()
  if (count === 0 || count > maxOperations) throw malformed('a transaction has operations, and not too many')
  const operations: Operation[] = []
  for (let index = 0; index < count; index += 1) {
    const module = reader.u8()
    if (module === 0) throw malformed('modules count from 1')
    operations.push({ module, kind: reader.u8(), body: reader.bytes(maxOperationBytes) })
  }
  return operations
}

function readSignatures(reader: ByteReader): TransactionSignature[] {
  const count = reader.u8()
  if (count === 0 || count > maxAccountKeys) throw malformed('a transaction has signatures, and not too many')
  const signatures: TransactionSignature[] = []
  let previous = -1
  for (let index = 0; index < count; index += 1) {
    const key = reader.u8()
    if (key <= previous || key >= maxAccountKeys) throw malformed('positions of keys do not rise')
    signatures.push({ key, signature: reader.fixed(SIGNATURE_BYTES) })
    previous = key
  }
  return signatures
}

/** What each signature of a transaction covers: a tag, the network's 32 bytes and the encoding up to the operations' end. */
export function transactionSigningBytes(network: Uint8Array, transaction: UnsignedTransaction): Uint8Array {
  assert(network.length === HASH_BYTES, 'a network has 32 bytes')
  const writer = new ByteWriter(TRANSACTION_TAG.length + HASH_BYTES + unsignedBytes(transaction))
  return writeUnsigned(writer.fixed(TRANSACTION_TAG).fixed(network), transaction).finish()
}

/** Of an encoded transaction, what its signatures cover behind the tag and the network; a view. */
export const signedPart = (encoded: Uint8Array, { signatures }: Pick<Transaction, 'signatures'>): Uint8Array =>
  encoded.subarray(0, encoded.length - 1 - signatures.length * KEYED_SIGNATURE_BYTES)

/** Names a transaction: SHA-256 of what its signatures cover, so that signing anew does not make another one of it. */
export const transactionId = (network: Uint8Array, transaction: UnsignedTransaction): Uint8Array =>
  sha256(transactionSigningBytes(network, transaction))
