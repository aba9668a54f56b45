import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter, compareBytes } from './bytes.ts'
import { HASH_BYTES, taggedHash } from './hashes.ts'

/** The state module of accounts, its operation that moves currency, and its table: an account's 32 bytes lead to its {@link Account}. */
export const ACCOUNTS_MODULE = 1
export const TRANSFER = 1
export const ACCOUNTS_TABLE = 1

/** Body of the operation that moves currency from the sender's account. */
export interface Transfer {
  /** 32 bytes: the account that gets it. */
  readonly to: Uint8Array
  /** Micro-units. */
  readonly amount: bigint
  /** For the receiver, seen by everybody. */
  readonly memo: Uint8Array
}

/** Which keys act for a majority account. */
export interface AccountPolicy {
  /** So many of the keys sign each transaction. */
  readonly needed: number
  /** 32 bytes each, in byte order. */
  readonly keys: readonly Uint8Array[]
}

export interface Account {
  /** Micro-units. */
  readonly balance: bigint
  /** Transactions so far. */
  readonly nonce: number
  /** Undefined: a plain account, whose 32 bytes are the one key. */
  readonly policy: AccountPolicy | undefined
}

const { maxAccountKeys, maxMemoBytes } = limits.ledgerCodec
const PLAIN = 1
const MAJORITY = 2

/** To 32, amount u64, length of the memo u8, memo. */
export function encodeTransfer({ to, amount, memo }: Transfer): Uint8Array {
  assert(to.length === HASH_BYTES, 'an account has 32 bytes')
  assert(memo.length <= maxMemoBytes, 'a memo that is too long')
  const writer = new ByteWriter(HASH_BYTES + 8 + 1 + memo.length)
  return writer.fixed(to).amount(amount).u8(memo.length).fixed(memo).finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeTransfer(bytes: Uint8Array): Transfer {
  const reader = new ByteReader(bytes)
  const to = reader.fixed(HASH_BYTES)
  const amount = reader.amount()
  const length = reader.u8()
  if (length > maxMemoBytes) throw malformed('a memo that is too long')
  const memo = reader.fixed(length)
  reader.end()
  return { to, amount, memo }
}

/** Puts a policy into a longer encoding: needed u8, number of keys u8, keys 32 each. */
export function writePolicy(writer: ByteWriter, { needed, keys }: AccountPolicy): ByteWriter {
  assert(needed >= 1 && needed <= keys.length && keys.length <= maxAccountKeys, 'a policy that can be met')
  writer.u8(needed).u8(keys.length)
  let previous: Uint8Array | undefined
  for (const key of keys) {
    assert(key.length === HASH_BYTES, 'a key has 32 bytes')
    assert(previous === undefined || compareBytes(previous, key) < 0, 'keys rise')
    writer.fixed(key)
    previous = key
  }
  return writer
}

/** Takes a policy out of a longer encoding. Throws PROTOCOL_MALFORMED. */
export function readPolicy(reader: ByteReader): AccountPolicy {
  const needed = reader.u8()
  const count = reader.u8()
  if (needed === 0 || needed > count || count > maxAccountKeys) throw malformed('a policy that cannot be met')
  const keys: Uint8Array[] = []
  for (let previous: Uint8Array | undefined; keys.length < count; ) {
    const key = reader.fixed(HASH_BYTES)
    if (previous !== undefined && compareBytes(previous, key) >= 0) throw malformed('keys do not rise')
    keys.push(key)
    previous = key
  }
  return { needed, keys }
}

/** The 32 bytes of the majority account that begins with this policy; they stay when the policy changes. */
export const majorityAccount = (policy: AccountPolicy): Uint8Array =>
  taggedHash('majority-account/1', writePolicy(new ByteWriter(), policy).finish())

/** Kind u8 = 1 plain or 2 majority, balance u64, nonce u64; a majority account's policy. */
export function encodeAccount({ balance, nonce, policy }: Account): Uint8Array {
  const writer = new ByteWriter(1 + 8 + 8 + (policy === undefined ? 0 : 2 + policy.keys.length * HASH_BYTES))
  writer
    .u8(policy === undefined ? PLAIN : MAJORITY)
    .amount(balance)
    .u64(nonce)
  return (policy === undefined ? writer : writePolicy(writer, policy)).finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeAccount(bytes: Uint8Array): Account {
  const reader = new ByteReader(bytes)
  const kind = reader.u8()
  if (kind !== PLAIN && kind !== MAJORITY) throw malformed('an account of no known kind')
  const balance = reader.amount()
  const nonce = reader.u64()
  const policy = kind === PLAIN ? undefined : readPolicy(reader)
  reader.end()
  return { balance, nonce, policy }
}
