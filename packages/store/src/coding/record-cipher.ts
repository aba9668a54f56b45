import { createCipheriv, createDecipheriv } from 'node:crypto'
import { assert } from '@borgios/core'

/** Plaintext bytes under one tag: what a range read has to decrypt at least. */
export const RECORD_BYTES = 64 * 1024
export const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** How many records, so tags, a stripe of this size has. */
export const recordCount = (bytes: number): number => Math.ceil(bytes / RECORD_BYTES)

/** Stripe and record number: unique under a key, since every file has a fresh key and writes each record once. */
function nonceOf(stripe: number, record: number): Uint8Array {
  const nonce = new Uint8Array(12)
  const view = new DataView(nonce.buffer)
  view.setBigUint64(0, BigInt(stripe))
  view.setUint32(8, record)
  return nonce
}

/** Encrypts a stripe, record by record, with AES-256-GCM into `sealed`, which is as long. Returns the tags in order. */
export function sealRecords(key: Uint8Array, stripe: number, plain: Uint8Array, sealed: Uint8Array): Uint8Array {
  assert(plain.length === sealed.length, 'the ciphertext is as long as the plaintext')
  const tags = new Uint8Array(recordCount(plain.length) * TAG_BYTES)
  for (let record = 0; record * RECORD_BYTES < plain.length; record += 1) {
    const at = record * RECORD_BYTES
    const cipher = createCipheriv(CIPHER, key, nonceOf(stripe, record))
    sealed.set(cipher.update(plain.subarray(at, at + RECORD_BYTES)), at)
    cipher.final()
    tags.set(cipher.getAuthTag(), record * TAG_BYTES)
  }
  return tags
}

/** Decrypts what {@link sealRecords} made, in its place. False if a tag does not fit: nothing of it may be used. */
export function openRecords(key: Uint8Array, stripe: number, tags: Uint8Array, bytes: Uint8Array): boolean {
  if (tags.length !== recordCount(bytes.length) * TAG_BYTES) return false
  for (let record = 0; record * RECORD_BYTES < bytes.length; record += 1) {
    const at = record * RECORD_BYTES
    const decipher = createDecipheriv(CIPHER, key, nonceOf(stripe, record), { authTagLength: TAG_BYTES })
    decipher.setAuthTag(tags.subarray(record * TAG_BYTES, (record + 1) * TAG_BYTES))
    bytes.set(decipher.update(bytes.subarray(at, at + RECORD_BYTES)), at)
    try {
      decipher.final()
    } catch {
      return false
    }
  }
  return true
}
