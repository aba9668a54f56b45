import { sha256 } from '@noble/hashes/sha2.js'

export const HASH_BYTES = 32
/** Of an Ed25519 signature. */
export const SIGNATURE_BYTES = 64

const encoder = new TextEncoder()

/** What stands before everything that is hashed or signed: what it is, so that nothing can pass for something else. */
export const hashTag = (tag: string): Uint8Array => encoder.encode(`borgios/${tag}\n`)

/** SHA-256 over the tag and the parts, one after the other. Parts of varying length belong into one encoding that says so. */
export function taggedHash(tag: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create().update(hashTag(tag))
  for (const part of parts) hash.update(part)
  return hash.digest()
}
