import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { type Ed25519, isAcceptable, nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { ed25519 as noble } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import sodium from 'sodium-native'
import { RUNS } from './amount.ts'
import { committed, made } from './vector-files.ts'

type Verify = Ed25519['verify']

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const falseIfThrown =
  (check: Verify): Verify =>
  (...args) => {
    try {
      return check(...args)
    } catch {
      return false
    }
  }

/** What the libraries say by themselves. OpenSSL is what libp2p asks in Node. */
const RAW: Readonly<Record<string, Verify>> = {
  openssl: falseIfThrown((message, signature, publicKey) => {
    const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  }),
  noble: falseIfThrown((message, signature, publicKey) => noble.verify(signature, message, publicKey)),
  libsodium: falseIfThrown((message, signature, publicKey) =>
    sodium.crypto_sign_verify_detached(signature, message, publicKey),
  ),
}

/** What we use of them. */
const OURS: Readonly<Record<string, Verify>> = {
  sodiumEd25519: sodiumEd25519.verify,
  nobleEd25519: nobleEd25519.verify,
  'openssl behind isAcceptable': (message, signature, publicKey) =>
    isAcceptable(signature, publicKey) && RAW['openssl']?.(message, signature, publicKey) === true,
}

const { vectors } = committed('ed25519')
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const judge = (check: Verify | undefined, vector: (typeof vectors)[number]): boolean =>
  check?.(bytesOf(vector.message), bytesOf(vector.signature), bytesOf(vector.publicKey)) === true

test('the committed vectors are what the script makes', () => assert.deepEqual(committed('ed25519'), made.ed25519))

for (const [name, check] of Object.entries(OURS)) {
  test(`${name} decides every vector as the rule says`, () => {
    for (const vector of vectors) assert.equal(judge(check, vector), vector.accept, vector.name)
  })
}

test('what the rule refuses without looking at the message, it refuses whatever the equation says', () => {
  const badForm = /small order|not canonical|^S = (L|2\^256 - 1)$|^S \+ L|cut short|too many|^no |^all /
  for (const vector of vectors) {
    const acceptable = isAcceptable(bytesOf(vector.signature), bytesOf(vector.publicKey))
    assert.equal(acceptable, !badForm.test(vector.name), vector.name)
  }
})

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const bytesOfNumber = (number: bigint): Uint8Array =>
  new Uint8Array(Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse())

test('around every bound, forms are judged as arithmetic judges them', () => {
  const p = 2n ** 255n - 19n
  const l = 2n ** 252n + 27742317777372353535851937790883648493n
  const orderEight = [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].map((hex) => numberOf(bytesOf(hex)))
  const bounds = [0n, p, l, 2n ** 255n - 1n, ...orderEight]
  const nearBound = fc
    .tuple(fc.constantFrom(...bounds), fc.bigInt(-3n, 3n), fc.option(fc.nat(255)), fc.boolean())
    .map(([bound, offset, flip, sign]) => {
      const near = bound + offset < 0n ? 0n : bound + offset
      const flipped = flip === null ? near : near ^ (1n << BigInt(flip))
      return (flipped % 2n ** 255n) + (sign ? 2n ** 255n : 0n)
    })
  const isGoodPoint = (number: bigint) => {
    const y = number % 2n ** 255n
    return y < p && ![0n, 1n, p - 1n, ...orderEight].includes(y)
  }
  fc.assert(
    fc.property(nearBound, nearBound, nearBound, (key, commitment, s) => {
      const signature = Uint8Array.from([...bytesOfNumber(commitment), ...bytesOfNumber(s)])
      const byArithmetic = isGoodPoint(key) && isGoodPoint(commitment) && s < l
      assert.equal(isAcceptable(signature, bytesOfNumber(key)), byArithmetic)
      assert.equal(
        isAcceptable(Uint8Array.from([...new Uint8Array(32).fill(2), ...bytesOfNumber(s)]), bytesOf('02'.repeat(32))),
        s < l,
      )
    }),
    { numRuns: RUNS },
  )
})

test('without the rule the libraries disagree with it and with each other', () => {
  const wrong = (name: string) => vectors.filter((vector) => judge(RAW[name], vector) !== vector.accept).length
  assert.ok(wrong('openssl') > 0 && wrong('noble') > 0)
  const split = vectors.filter((vector) => judge(RAW['openssl'], vector) !== judge(RAW['noble'], vector))
  assert.ok(split.some(({ name }) => name.includes('only the equation times 8 holds')))
})

test('libsodium alone, which consensus relies on, decides every vector as the rule says', () => {
  // Its binding reads the first 64 bytes of a longer signature: lengths are checked before.
  const ofRightLength = vectors.filter(({ signature }) => signature.length <= 2 * 64)
  assert.ok(ofRightLength.length > 80)
  for (const vector of ofRightLength) assert.equal(judge(RAW['libsodium'], vector), vector.accept, vector.name)
})

test('the identity as a key passes for any message under noble by itself, never under libsodium', () => {
  const identity = new Uint8Array(32)
  identity[0] = 1
  // With A = 0 the equation is R = [S]B: the base point and the scalar 1 fit whatever is said. OpenSSL 3.0 accepts it, 3.5 does not: what it
  // says hangs on the version.
  const signature = Uint8Array.from([...noble.Point.BASE.toBytes(), ...identity])
  const anyMessage = fc.uint8Array({ maxLength: 100 })
  fc.assert(
    fc.property(anyMessage, (message) => {
      assert.equal(RAW['noble']?.(message, signature, identity), true)
      for (const check of [RAW['libsodium'], ...Object.values(OURS)]) {
        assert.equal(check?.(message, signature, identity), false)
      }
    }),
    { numRuns: RUNS },
  )
})

test('both libraries give the signatures of RFC 8032', () => {
  const withSeed = vectors.flatMap((vector) => (vector.seed === undefined ? [] : [{ ...vector, seed: vector.seed }]))
  assert.equal(withSeed.length, 4)
  for (const { seed, publicKey, message, signature } of withSeed) {
    for (const library of [sodiumEd25519, nobleEd25519]) {
      const signer = library.signerFromSeed(bytesOf(seed))
      assert.deepEqual(signer.publicKey, bytesOf(publicKey))
      assert.deepEqual(signer.sign(bytesOf(message)), bytesOf(signature))
    }
  }
})

test('whatever the seed, message and damage, all agree', () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
  const damage = fc.record({ at: fc.nat(95), xor: fc.nat(255) })
  fc.assert(
    fc.property(seed, fc.uint8Array({ maxLength: 100 }), damage, (secret, message, { at, xor }) => {
      const signer = sodiumEd25519.signerFromSeed(secret)
      const all = Uint8Array.from([...signer.sign(message), ...signer.publicKey])
      all[at] = (all[at] ?? 0) ^ xor
      for (const [name, check] of Object.entries(OURS)) {
        assert.equal(check(message, all.subarray(0, 64), all.subarray(64)), xor === 0, name)
      }
    }),
    { numRuns: RUNS },
  )
})
