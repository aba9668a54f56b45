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

/** 32 bytes, little endian: the first bytes, what fills the middle, the last byte. */
const littleEndian = (first: string, fill: string, last: string): Uint8Array => {
  const hex = first + fill.repeat(31 - first.length / 2) + last
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** Field prime p = 2^255 - 19 and group order L = 2^252 + ... of edwards25519 (RFC 8032, section 5.1). */
const P = littleEndian('ed', 'ff', '7f')
const L = littleEndian('edd3f55c1a631258d69cf7a2def9de14', '00', '10')

/** The y coordinates of all points of order 1, 2, 4 and 8: 1, p - 1, 0 and two more. Their spellings p and p + 1 are not below p. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  littleEndian('00', '00', '00'),
  littleEndian('01', '00', '00'),
  littleEndian('ec', 'ff', '7f'),
  littleEndian('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc', '00', '05'),
  littleEndian('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03', '00', '7a'),
]

const Y_MASK = 0x7f
const ALL_BITS = 0xff

/** Below 0, 0 or above 0 as the 32-byte number at `from` is less than, equal to or above `other`. Random ones differ in the first byte looked at. */
function compare(bytes: Uint8Array, from: number, topMask: number, other: Uint8Array): number {
  let difference = ((bytes[from + 31] ?? 0) & topMask) - (other[31] ?? 0)
  for (let index = 30; difference === 0 && index >= 0; index -= 1) {
    difference = (bytes[from + index] ?? 0) - (other[index] ?? 0)
  }
  return difference
}

/** Whether the point encoded at `from` is spelled canonically and not of small order. */
function isGoodPoint(bytes: Uint8Array, from: number): boolean {
  if (compare(bytes, from, Y_MASK, P) >= 0) return false
  for (const y of SMALL_ORDER_Y) if (compare(bytes, from, Y_MASK, y) === 0) return false
  return true
}

/**
 * The part of the acceptance rule that does not depend on the message: lengths, S < L, and A and R canonical and not of
 * small order. A library's own check then adds the cofactorless equation R = [S]B - [k]A, compared as bytes. Together they are
 * the rule of libsodium; other libraries alone accept more ("Taming the many EdDSAs", 2020; docs/adr/0004).
 */
export function isAcceptable(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false
  return isGoodPoint(publicKey, 0) && isGoodPoint(signature, 0) && compare(signature, 32, ALL_BITS, L) < 0
}
