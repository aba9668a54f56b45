import assert from 'node:assert/strict'
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto'
import { test } from 'node:test'
import { agreementKeyOf, sodiumEd25519 } from '@borgios/crypto/native'
import { committeeHash } from '@borgios/protocol'
import { makeDealing } from '../src/beacon/dealing.ts'
import { beaconOf } from '../src/beacon/outcome.ts'
import { beaconRound, secretRound } from '../src/beacon/round.ts'
import { openShare, ownSeed } from '../src/beacon/shares.ts'
import { committeeFor, makeKeys } from './support/beacon-world.ts'
import { NETWORK } from './support/small-ledger.ts'

const keys = makeKeys(7)
const committee = committeeFor(keys, 3)
const round = beaconRound(NETWORK, committee)
const DEALER = 2
const P = 2n ** 255n - 19n

// All from the words of docs/adr/0056, by other libraries.

const hash = (tag: string, ...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((sha, part) => sha.update(part), createHash('sha256').update(`borgios/${tag}\n`)).digest()

const u16 = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8])
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const bytesOf = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()

function seal(key: Uint8Array, plain: Uint8Array, associated: Uint8Array): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
  cipher.setAAD(associated, { plaintextLength: plain.length })
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

const x25519Secret = (secret: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secret]),
    format: 'der',
    type: 'pkcs8',
  })
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')
const x25519Public = (key: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' })

const roundId = (instance: string, threshold: number): Buffer =>
  hash(
    'ledger-round/1',
    NETWORK,
    committeeHash(committee),
    u16(threshold),
    u16(instance.length),
    u16(0),
    Buffer.from(instance),
  )

const dealerId = (dealer: number): Buffer =>
  hash('ledger-dealer/1', roundId('beacon', 3), keys[dealer]?.publicKey ?? Buffer.alloc(0))

function referenceShare(id: Uint8Array, seed: Uint8Array, member: number): Buffer {
  const half = (degree: number, which: number) =>
    hash('ledger-coefficient/1', id, seed, u16(degree), Buffer.from([which]))
  const at = BigInt(member + 1)
  const [first, second] = [1, 2].map((degree) => numberOf(Buffer.concat([half(degree, 0), half(degree, 1)])) % P)
  return bytesOf((numberOf(seed) + (first ?? 0n) * at + (second ?? 0n) * at * at) % P)
}

function referenceDealing(seed: Uint8Array): Buffer {
  const id = dealerId(DEALER)
  const secret = hash('ledger-dealing-ephemeral/1', id, seed)
  const privateKey = x25519Secret(secret)
  const agreementKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(SPKI.length)
  const parts = keys.flatMap(({ publicKey }, member) => {
    const share = referenceShare(id, seed, member)
    const shared = diffieHellman({ privateKey, publicKey: x25519Public(agreementKeyOf(publicKey) ?? Buffer.alloc(0)) })
    const key = hash('ledger-share-key/1', id, u16(member), agreementKey, shared)
    return [hash('ledger-share/1', id, u16(member), share), seal(key, share, id)]
  })
  return Buffer.concat([hash('ledger-dealing-seed/1', id, seed), agreementKey, ...parts])
}

test('rounds, seeds and dealings are byte for byte what is written down', () => {
  assert.equal(round.threshold, 3)
  assert.deepEqual(Buffer.from(round.id), roundId('beacon', 3))
  assert.deepEqual(Buffer.from(secretRound(NETWORK, committee).id), roundId('secret', 5))
  const key = keys[DEALER]
  assert.ok(key !== undefined)
  const { value } = ownSeed(round, DEALER, key)
  const first = Array.from({ length: 7 }, (_, index) => Buffer.alloc(32, index + 1)).find((secret) =>
    Buffer.from(sodiumEd25519.signerFromSeed(secret).publicKey).equals(key.publicKey),
  )
  const purpose = Buffer.concat([hash('ledger-own-seed/1', dealerId(DEALER)), Buffer.from('0')])
  assert.deepEqual(
    Buffer.from(value),
    createHmac('sha256', first ?? '')
      .update(purpose)
      .digest(),
  )
  assert.deepEqual(Buffer.from(makeDealing(round, DEALER, value).bytes), referenceDealing(value))
})

test('no share is the seed, nor is any other share', () => {
  const seed = Buffer.alloc(32, 5)
  const dealing = makeDealing(round, DEALER, seed)
  const shares = keys.map((key, member) => Buffer.from(openShare(round, DEALER, dealing, member, key)?.value ?? []))
  assert.equal(new Set([seed, ...shares].map((bytes) => bytes.toString('hex'))).size, 8)
})

test('the beacon is the hash of the round, the beacon before and the seeds with their dealers', () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const seeds = [
    { instance: 'beacon' as const, dealer: 1, value: one },
    { instance: 'beacon' as const, dealer: 4, value: other },
  ]
  const expected = hash('ledger-beacon/1', round.id, NETWORK, u16(2), u16(1), one, u16(4), other)
  assert.deepEqual(Buffer.from(beaconOf(round, seeds, NETWORK)), expected)
})
