import { createCipheriv, createDecipheriv } from 'node:crypto'
import { canonicalJsonBytes, parseCanonicalJson } from '@borgios/core'
import { type ManifestPage, manifestPageCheck } from '@borgios/protocol'
import { keyWrong, manifestWrong } from '../errors.ts'

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts a page: nonce, ciphertext, tag. `number` is never used twice under one key. */
export function sealPage(key: Uint8Array, number: number, page: ManifestPage): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES)
  nonce.writeBigUInt64BE(BigInt(number))
  const cipher = createCipheriv(CIPHER, key, nonce)
  const body = cipher.update(canonicalJsonBytes(page))
  cipher.final()
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** Reads what {@link sealPage} made. Throws STORE_KEY_WRONG or STORE_MANIFEST_WRONG. */
export function openPage(key: Uint8Array, bytes: Uint8Array): ManifestPage {
  const plain = decrypt(key, bytes)
  let page: unknown
  try {
    page = parseCanonicalJson(plain)
  } catch {
    throw manifestWrong('a page is not canonical JSON')
  }
  if (!manifestPageCheck.Check(page)) throw manifestWrong('a page is not of version 1')
  return page
}

function decrypt(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw keyWrong()
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES)), decipher.final()])
  } catch {
    throw keyWrong()
  }
}
