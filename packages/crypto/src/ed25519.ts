/** Signs with one secret key, which never leaves it. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 64 bytes over exactly these bytes. */
  sign(message: Uint8Array): Uint8Array
}

/** Ed25519 (RFC 8032) by some library. Every implementation accepts exactly the same signatures: see {@link isAcceptable}. */
export interface Ed25519 {
  /** The signer whose secret is this 32-byte seed. */
  signerFromSeed(seed: Uint8Array): Signer
  /** False for anything unacceptable; never throws on bad bytes. */
  verify(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}

const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64

const littleEndian = (hex: string): bigint => BigInt(`0x${hex.match(/../g)?.reverse().join('') ?? ''}`)

const bytesToBigInt = (bytes: Uint8Array): bigint => {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index -= 1) value = (value << 8n) | BigInt(bytes[index] ?? 0)
  return value
}

/** Field prime p and group order L of edwards25519 (RFC 8032, section 5.1). */
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const SIGN_BIT = 2n ** 255n

/** The y coordinates of all points of order 1, 2, 4 and 8, and their two non-canonical spellings p and p + 1. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  P - 1n,
  P,
  P + 1n,
  littleEndian('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  littleEndian('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
])

const yOf = (point: Uint8Array): bigint => bytesToBigInt(point) % SIGN_BIT

/**
 * The part of the acceptance rule that does not depend on the message: lengths, S < L, and A and R canonical and not of
 * small order. A library's own check then adds the cofactorless equation R = [S]B - [k]A, compared as bytes. Together they are
 * the rule of libsodium; other libraries alone accept more ("Taming the many EdDSAs", 2020; docs/adr/0004).
 */
export function isAcceptable(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false
  const keyY = yOf(publicKey)
  if (keyY >= P || SMALL_ORDER_Y.has(keyY)) return false
  const commitmentY = yOf(signature.subarray(0, 32))
  if (commitmentY >= P || SMALL_ORDER_Y.has(commitmentY)) return false
  return bytesToBigInt(signature.subarray(32)) < L
}
