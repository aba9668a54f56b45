import { assert } from '@borgios/core'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import sodium from 'sodium-native'

const KEY_BYTES = 32

/** Agrees on keys, with one secret that never leaves it. The same pair of keys also signs: docs/adr/0056. */
export interface KeyAgreement {
  /** 32 bytes: the Ed25519 key, which others turn into the X25519 key by {@link agreementKeyOf}. */
  readonly publicKey: Uint8Array
  /** 32 bytes that only both sides know (RFC 7748); undefined for a key of small order. */
  agree(agreementKey: Uint8Array): Uint8Array | undefined
  /** 32 bytes that only this secret gives for this purpose: HMAC-SHA-256. */
  derive(purpose: Uint8Array): Uint8Array
}

/** The key agreement whose secret is this 32-byte seed of an Ed25519 key. */
export function keyAgreementFromSeed(seed: Uint8Array): KeyAgreement {
  const publicKey = new Uint8Array(KEY_BYTES)
  const signingSecret = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, signingSecret, seed)
  const secret = new Uint8Array(KEY_BYTES)
  sodium.crypto_sign_ed25519_sk_to_curve25519(secret, signingSecret)
  const own = Uint8Array.from(seed)
  return {
    publicKey,
    agree: (agreementKey) => agreed(secret, agreementKey),
    derive: (purpose) => hmac(sha256, own, purpose),
  }
}

/**
 * The X25519 key of an Ed25519 key, by the birational map of RFC 7748. Undefined unless the key is a point of the group of prime order: one
 * of mixed order may sign, but nobody can agree on keys with it.
 */
export function agreementKeyOf(publicKey: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== KEY_BYTES) return undefined
  const agreementKey = new Uint8Array(KEY_BYTES)
  return succeeds(() => sodium.crypto_sign_ed25519_pk_to_curve25519(agreementKey, publicKey)) ? agreementKey : undefined
}

/** One side of an agreement that is used once: its secret is any 32 bytes. */
export function ephemeralAgreement(secret: Uint8Array): {
  readonly agreementKey: Uint8Array
  agree(agreementKey: Uint8Array): Uint8Array | undefined
} {
  const agreementKey = new Uint8Array(KEY_BYTES)
  sodium.crypto_scalarmult_base(agreementKey, secret)
  return { agreementKey, agree: (other) => agreed(secret, other) }
}

function agreed(secret: Uint8Array, agreementKey: Uint8Array): Uint8Array | undefined {
  assert(agreementKey.length === KEY_BYTES, 'an X25519 key has 32 bytes')
  const shared = new Uint8Array(KEY_BYTES)
  return succeeds(() => sodium.crypto_scalarmult(shared, secret, agreementKey)) ? shared : undefined
}

/** What sealing adds to the bytes. */
export const SEAL_BYTES = 16
/** Each key seals once, so its nonce may be the same for all. */
const NONCE = new Uint8Array(12)

/** ChaCha20-Poly1305 (RFC 8439). A key must never seal twice. */
export function sealOnce(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(plain.length + SEAL_BYTES)
  sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sealed, plain, associated, null, NONCE, key)
  return sealed
}

/** Undefined unless these bytes were sealed with this key and these associated bytes. */
export function openSealed(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_BYTES) return undefined
  const plain = new Uint8Array(sealed.length - SEAL_BYTES)
  const open = () => sodium.crypto_aead_chacha20poly1305_ietf_decrypt(plain, null, sealed, associated, NONCE, key)
  return succeeds(open) ? plain : undefined
}

/** libsodium's bindings throw what libsodium answers by a status. */
function succeeds(call: () => unknown): boolean {
  try {
    call()
    return true
  } catch {
    return false
  }
}
