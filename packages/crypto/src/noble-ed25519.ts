import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Ed25519, isAcceptable } from './ed25519.ts'

const { Point } = ed25519
const { Fn: Scalars } = Point

const concat = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

const littleEndianMod = (bytes: Uint8Array, modulus: bigint): bigint => {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index -= 1)
    value = ((value << 8n) | BigInt(bytes[index] ?? 0)) % modulus
  return value
}

/**
 * Ed25519 in plain JavaScript, for browsers. Its verify is our own cofactorless equation over noble's points, since noble's
 * verify multiplies by the cofactor and so accepts signatures that libsodium refuses.
 */
export const nobleEd25519: Ed25519 = {
  signerFromSeed(seed) {
    const publicKey = ed25519.getPublicKey(seed)
    return { publicKey, sign: (message) => ed25519.sign(message, seed) }
  },

  verify(message, signature, publicKey) {
    if (!isAcceptable(signature, publicKey)) return false
    const commitment = signature.subarray(0, 32)
    try {
      const key = Point.fromBytes(publicKey)
      const scalar = littleEndianMod(signature.subarray(32), Scalars.ORDER)
      const challenge = littleEndianMod(sha512(concat(commitment, publicKey, message)), Scalars.ORDER)
      const expected = Point.BASE.multiplyUnsafe(scalar).subtract(key.multiplyUnsafe(challenge)).toBytes()
      return expected.every((byte, index) => byte === commitment[index])
    } catch {
      return false
    }
  },
}
