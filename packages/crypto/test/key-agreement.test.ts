import assert from 'node:assert/strict'
import { createCipheriv } from 'node:crypto'
import { test } from 'node:test'
import {
  agreementKeyOf,
  ephemeralAgreement,
  keyAgreementFromSeed,
  openSealed,
  SEAL_BYTES,
  sealOnce,
  sodiumEd25519,
} from '@borgios/crypto/native'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { makeEd25519Vectors } from './make-ed25519-vectors.ts'

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

test('both sides agree, and noble with them', () => {
  fc.assert(
    fc.property(bytes32, bytes32, (seed, ephemeral) => {
      const member = keyAgreementFromSeed(seed)
      assert.deepEqual(member.publicKey, sodiumEd25519.signerFromSeed(seed).publicKey)
      const memberKey = agreementKeyOf(member.publicKey)
      assert.ok(memberKey !== undefined)
      assert.deepEqual(memberKey, ed25519.utils.toMontgomery(member.publicKey))
      const once = ephemeralAgreement(ephemeral)
      const shared = once.agree(memberKey)
      assert.deepEqual(shared, x25519.getSharedSecret(ephemeral, memberKey))
      assert.deepEqual(member.agree(once.agreementKey), shared)
    }),
    { numRuns: RUNS },
  )
})

test('a key of small order gives nothing that could be shared', () => {
  const zero = new Uint8Array(32)
  assert.equal(keyAgreementFromSeed(zero).agree(zero), undefined)
  assert.equal(ephemeralAgreement(zero).agree(zero), undefined)
})

test('only a key of the group of prime order can be agreed with', () => {
  const refused = makeEd25519Vectors().filter(({ name }) => /^A (of|not)/.test(name))
  assert.ok(refused.some(({ name }) => name.includes('mixed')))
  for (const { publicKey, name } of refused) assert.equal(agreementKeyOf(bytesOf(publicKey)), undefined, name)
  assert.equal(agreementKeyOf(new Uint8Array(31)), undefined)
})

test('a derived secret depends on the key and on the purpose', () => {
  const [one, other] = [1, 2].map((byte) => keyAgreementFromSeed(new Uint8Array(32).fill(byte)))
  const purposes = [new Uint8Array(), Uint8Array.of(1)]
  const derived = [one, other].flatMap((key) =>
    purposes.map((purpose) => Buffer.from(key?.derive(purpose) ?? []).toString('hex')),
  )
  assert.equal(new Set(derived).size, 4)
  assert.deepEqual(one?.derive(Uint8Array.of(1)), one?.derive(Uint8Array.of(1)))
})

test('sealing is ChaCha20-Poly1305, and whatever is changed does not open', () => {
  const change = fc.record({ at: fc.nat(1_000), xor: fc.integer({ min: 1, max: 255 }) })
  fc.assert(
    fc.property(bytes32, fc.uint8Array({ maxLength: 60 }), bytes32, change, (key, plain, associated, { at, xor }) => {
      const sealed = sealOnce(key, plain, associated)
      const cipher = createCipheriv('chacha20-poly1305', key, new Uint8Array(12), { authTagLength: SEAL_BYTES })
      cipher.setAAD(associated, { plaintextLength: plain.length })
      const expected = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      assert.deepEqual(sealed, new Uint8Array(expected))
      assert.deepEqual(openSealed(key, sealed, associated), plain)
      for (const part of [key, sealed, associated]) {
        const position = at % part.length
        part[position] = (part[position] ?? 0) ^ xor
        assert.equal(openSealed(key, sealed, associated), undefined)
        part[position] = (part[position] ?? 0) ^ xor
      }
      assert.equal(openSealed(key, sealed.subarray(0, SEAL_BYTES - 1), associated), undefined)
    }),
    { numRuns: RUNS },
  )
})
