import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nobleEd25519 } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { type VerifyContext, verifyCertificate } from '@borgios/light'
import { type Certificate, quorumOf } from '@borgios/protocol'
import fc from 'fast-check'
import { RUNS } from './amount.ts'
import { Chain, certify, named, signersOf } from './chain-maker.ts'
import { refusalOf } from './refusal.ts'

const chain = new Chain({ name: 'certificate', epochs: 1, epochBlocks: 2 })
const { network } = chain
const context = { network, ed25519: sodiumEd25519 }
const header = chain.headerAt(1)
const four = chain.signersAt(0)
const honest = certify(network, four, header)

const refusal = (certificate: Certificate, committee = four.committee): string =>
  refusalOf(() => verifyCertificate(context, committee, certificate))

test('a certificate stands when more than two thirds of the weight signed it, whoever they are', () => {
  const someWeights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 })
  fc.assert(
    fc.property(someWeights, fc.nat(), (weights, subset) => {
      const signers = signersOf('weights', header.epoch, weights)
      const voters = weights.map((_, voter) => voter).filter((voter) => (subset >>> voter) & 1)
      if (voters.length === 0) return
      const certificate = certify(network, signers, header, { voters })
      const weight = voters.reduce((sum, voter) => sum + (weights[voter] ?? 0), 0)
      const total = weights.reduce((sum, each) => sum + each, 0)
      if (3 * weight > 2 * total) verifyCertificate(context, signers.committee, certificate)
      else assert.equal(refusal(certificate, signers.committee), 'LIGHT_QUORUM_SHORT')
    }),
    { numRuns: RUNS },
  )
})

test('the browser and the node say the same', () => {
  for (const ed25519 of [sodiumEd25519, nobleEd25519]) {
    verifyCertificate({ network, ed25519 }, four.committee, honest)
    const foreign = certify(network, four, header, { network: named('another network') })
    const check = () => verifyCertificate({ network, ed25519 }, four.committee, foreign)
    assert.equal(refusalOf(check), 'LIGHT_CERTIFICATE_FORGED')
  }
})

/** Points that libraries disagree about, as 32 bytes: of small order, and spelled in a way that is not the shortest. */
const oddPoints = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')))

const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** The same signature with the group's order added to its scalar: some libraries take it for a second one. */
function secondSpelling(signature: Uint8Array): Uint8Array {
  const scalar = Buffer.from(signature.subarray(32)).reverse().toString('hex')
  const greater = (BigInt(`0x${scalar}`) + GROUP_ORDER).toString(16).padStart(64, '0')
  return Uint8Array.of(...signature.subarray(0, 32), ...Buffer.from(greater, 'hex').reverse())
}

test('the browser and the node refuse the same signatures where libraries disagree (ADR 0004)', () => {
  const [original = new Uint8Array()] = honest.votes.map(({ signature }) => signature)
  const signedFirst = (signature: Uint8Array): Certificate => ({
    ...honest,
    votes: honest.votes.map((vote, at) => (at === 0 ? { ...vote, signature } : vote)),
  })
  const zero = new Uint8Array(32)
  const forged = oddPoints.map((point) => Uint8Array.of(...point, ...zero))
  for (const ed25519 of [sodiumEd25519, nobleEd25519]) {
    const odd: VerifyContext = { network, ed25519 }
    for (const signature of [secondSpelling(original), ...forged]) {
      const check = () => verifyCertificate(odd, four.committee, signedFirst(signature))
      assert.equal(refusalOf(check), 'LIGHT_CERTIFICATE_FORGED')
    }
    for (const key of oddPoints) {
      const validators = four.committee.validators.map((validator, at) =>
        at === 0 ? { ...validator, key } : validator,
      )
      for (const signature of forged) {
        const check = () => verifyCertificate(odd, { ...four.committee, validators }, signedFirst(signature))
        assert.equal(refusalOf(check), 'LIGHT_CERTIFICATE_FORGED')
      }
    }
  }
})

test('a quorum is as many as it must be, and no fewer', () => {
  assert.equal(quorumOf(4), 3)
  verifyCertificate(context, four.committee, certify(network, four, header, { voters: [0, 1, 3] }))
  assert.equal(refusal(certify(network, four, header, { voters: [1, 2] })), 'LIGHT_QUORUM_SHORT')
  assert.equal(refusal({ ...honest, votes: [] }), 'LIGHT_QUORUM_SHORT')
})

test('nobody is counted twice, and nobody from outside', () => {
  const [first, second, third] = honest.votes
  assert.ok(first && second && third)
  assert.equal(refusal({ ...honest, votes: [first, first, second] }), 'LIGHT_CERTIFICATE_FORGED')
  assert.equal(refusal({ ...honest, votes: [first, third, second] }), 'LIGHT_CERTIFICATE_FORGED')
  assert.equal(refusal({ ...honest, votes: [first, second, { ...second, voter: 2 }] }), 'LIGHT_CERTIFICATE_FORGED')
  for (const voter of [4, -1, 0.5]) {
    assert.equal(refusal({ ...honest, votes: [first, second, third, { ...third, voter }] }), 'LIGHT_CERTIFICATE_FORGED')
  }
})

test('every signature must stand, also those beyond a quorum', () => {
  const strangers = signersOf('strangers', header.epoch, [1, 1, 1, 1])
  assert.equal(refusal(certify(network, strangers, header)), 'LIGHT_CERTIFICATE_FORGED')
  for (const at of honest.votes.keys()) {
    const votes = honest.votes.map((vote, index) => (index === at ? { ...vote, signature: new Uint8Array(64) } : vote))
    assert.equal(refusal({ ...honest, votes }), 'LIGHT_CERTIFICATE_FORGED')
  }
})

test('a certificate speaks of one network, epoch, kind, slot and block', () => {
  for (const change of [{ kind: 'notar' as const }, { slot: honest.slot + 1 }, { block: named('another block') }]) {
    assert.equal(refusal({ ...honest, ...change }), 'LIGHT_CERTIFICATE_FORGED')
  }
  assert.equal(refusal({ ...honest, epoch: 1 }), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(refusal(honest, { ...four.committee, epoch: 1 }), 'LIGHT_CERTIFICATE_FOREIGN')
  assert.equal(refusal({ ...honest, epoch: 1 }, { ...four.committee, epoch: 1 }), 'LIGHT_CERTIFICATE_FORGED')
  assert.equal(refusal(certify(named('another network'), four, header)), 'LIGHT_CERTIFICATE_FORGED')
})
