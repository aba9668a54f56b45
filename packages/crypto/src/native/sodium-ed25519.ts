import sodium from 'sodium-native'
import { type Ed25519, isAcceptable } from '../ed25519.ts'

/** Ed25519 by libsodium: what nodes use. Its own acceptance rule is ours; the shared check runs first all the same. */
export const sodiumEd25519: Ed25519 = {
  signerFromSeed(seed) {
    const publicKey = new Uint8Array(32)
    const secretKey = new Uint8Array(64)
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed)
    return {
      publicKey,
      sign(message) {
        const signature = new Uint8Array(64)
        sodium.crypto_sign_detached(signature, message, secretKey)
        return signature
      },
    }
  },

  verify(message, signature, publicKey) {
    return isAcceptable(signature, publicKey) && sodium.crypto_sign_verify_detached(signature, message, publicKey)
  },
}
