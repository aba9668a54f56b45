import { type AccountId, assert, base32Pattern, decodeBase32, encodeBase32 } from '@borgios/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { Type } from 'typebox'
import { badAccountId } from './errors.ts'

const PREFIX = 'a'
const ACCOUNT_BYTES = 32
/** A mistyped account passes once in four thousand million times. */
const CHECKSUM_BYTES = 4
const ID_CHARS = PREFIX.length + Math.ceil(((ACCOUNT_BYTES + CHECKSUM_BYTES) * 8) / 5)
const SHOWN_CHARS = 80

/** The version of this text form stands in it, so that another one can have the same length. */
const checksumTag = new TextEncoder().encode('borgios/account-id/1\n')
const checksumOf = (account: Uint8Array): Uint8Array =>
  sha256.create().update(checksumTag).update(account).digest().subarray(0, CHECKSUM_BYTES)

/** The text form of an account's 32 bytes. */
export function accountIdOf(account: Uint8Array): AccountId {
  assert(account.length === ACCOUNT_BYTES, 'an account has 32 bytes')
  return (PREFIX + encodeBase32(Uint8Array.of(...account, ...checksumOf(account)))) as AccountId
}

/** The 32 bytes of an account that somebody typed or pasted. Throws CRYPTO_BAD_ACCOUNT_ID, which says what is wrong with it. */
export function accountBytesOf(text: string): Uint8Array {
  const refuse = (why: string) => badAccountId(`"${text.slice(0, SHOWN_CHARS)}" is no account: ${why}`)
  if (!text.startsWith(PREFIX)) throw refuse(`an account begins with "${PREFIX}"`)
  const odd = /[^a-z2-7]/.exec(text)
  if (odd !== null) throw refuse(`character ${odd.index + 1} is none of a to z and 2 to 7`)
  if (text.length !== ID_CHARS) throw refuse(`an account has ${ID_CHARS} characters, this has ${text.length}`)
  const bytes = decodeBase32(text.slice(PREFIX.length))
  const account = bytes?.slice(0, ACCOUNT_BYTES)
  if (account === undefined || accountIdOf(account) !== text)
    throw refuse('it is mistyped, its checksum does not match')
  return account
}

/** Regular expression source of an account's form; the checksum is {@link accountBytesOf}'s business. */
export const ACCOUNT_ID_PATTERN = `^${PREFIX}${base32Pattern(ACCOUNT_BYTES + CHECKSUM_BYTES)}$`
export const AccountIdSchema = Type.Unsafe<AccountId>(Type.String({ pattern: ACCOUNT_ID_PATTERN }))
