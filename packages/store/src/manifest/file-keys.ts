import { hkdfSync } from 'node:crypto'

export const SECRET_BYTES = 32

export interface FileKeys {
  /** Encrypts stripes. */
  readonly content: Uint8Array
  /** Encrypts manifest pages. */
  readonly pages: Uint8Array
}

const derive = (secret: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), `borgios/file/1/${purpose}`, 32))

/** The keys of a file from the secret in its capability (HKDF, RFC 5869): one for each purpose, so nonces cannot meet. */
export const fileKeysOf = (secret: Uint8Array): FileKeys => ({
  content: derive(secret, 'content'),
  pages: derive(secret, 'pages'),
})
