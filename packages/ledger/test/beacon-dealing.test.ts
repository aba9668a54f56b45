import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '@borgios/protocol'
import fc from 'fast-check'
import { Dealing, dealingBytes, makeDealing } from '../src/beacon/dealing.ts'
import { bytesOfElement, elementFrom, elementOf, evaluate, interpolateAtZero, PRIME } from '../src/beacon/field.ts'
import { beaconOf, secretCommitment, secretOf } from '../src/beacon/outcome.ts'
import { beaconRound, type Instance, type Round, secretRound } from '../src/beacon/round.ts'
import { isShareOf, openShare, ownSeed, recoverSeed, type Share } from '../src/beacon/shares.ts'
import { propertyRuns } from './full-slice.ts'
import { craftDealing } from './support/beacon-cheats.ts'
import { committeeFor, makeKeys } from './support/beacon-world.ts'
import { NETWORK, named } from './support/small-ledger.ts'

const element = fc.bigInt({ min: 0n, max: PRIME - 1n })
const keys = makeKeys(7)
const committee = committeeFor(keys, 3)
const beacon = beaconRound(NETWORK, committee)
const secret = secretRound(NETWORK, committee)
const DEALER = 2

function keyOf(member: number) {
  const key = keys[member]
  assert.ok(key !== undefined)
  return key
}

const dealingOf = <I extends Instance>(round: Round<I>, dealer = DEALER): Dealing =>
  makeDealing(round, dealer, ownSeed(round, dealer, keyOf(dealer)).value)

const sharesOf = <I extends Instance>(round: Round<I>, dealing: Dealing, dealer = DEALER): Share<I>[] =>
  keys.flatMap((key, member) => openShare(round, dealer, dealing, member, key) ?? [])

/** All or so many of the members, in any order. */
const someOf = (least: number, most = keys.length) =>
  fc.shuffledSubarray([...keys.keys()], { minLength: least, maxLength: most })

test('interpolation finds what a polynomial has at 0, through any of its points', () => {
  const coefficients = fc.array(element, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(
      coefficients,
      fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 12 }),
      (polynomial, places) => {
        const points = places
          .slice(0, polynomial.length)
          .map(BigInt)
          .map((x) => ({ x, y: evaluate(polynomial, x) }))
        assert.equal(interpolateAtZero(points), polynomial[0])
      },
    ),
    { numRuns: propertyRuns(50) },
  )
})

test('an element has one encoding', () => {
  fc.assert(
    fc.property(element, (value) => {
      assert.equal(elementOf(bytesOfElement(value)), value)
      assert.equal(elementFrom(bytesOfElement(value)), value)
    }),
  )
  const bytes = bytesOfElement(PRIME - 1n)
  assert.deepEqual(elementOf(bytes), PRIME - 1n)
  bytes[0] = (bytes[0] ?? 0) + 1
  assert.equal(elementOf(bytes), undefined, 'the prime itself is no element')
  assert.equal(elementOf(new Uint8Array(32).fill(255)), undefined)
  assert.equal(elementOf(new Uint8Array(31)), undefined)
})

test('thresholds: above what may be faulty for the beacon, a quorum for secrets', () => {
  const thresholds = (size: number, weights?: readonly number[]) => {
    const each = committeeFor(makeKeys(size), 0, weights)
    return [beaconRound(NETWORK, each).threshold, secretRound(NETWORK, each).threshold]
  }
  assert.deepEqual(thresholds(1), [1, 1])
  assert.deepEqual(thresholds(3), [1, 3])
  assert.deepEqual(thresholds(4), [2, 3])
  assert.deepEqual(thresholds(7), [3, 5])
  assert.deepEqual(thresholds(64), [22, 43])
  assert.deepEqual(thresholds(4, [1, 1, 1, 7]), [4, 4], 'the light ones together are not enough')
})

test('any members above the threshold recover the seed, and others can make the dealing again', () => {
  const dealing = dealingOf(beacon)
  const shares = sharesOf(beacon, dealing)
  assert.equal(shares.length, keys.length)
  const { value } = ownSeed(beacon, DEALER, keyOf(DEALER))
  fc.assert(
    fc.property(someOf(beacon.threshold), (members) => {
      const recovery = recoverSeed(
        beacon,
        DEALER,
        dealing,
        shares.filter(({ member }) => members.includes(member)),
      )
      assert.deepEqual(recovery, { kind: 'recovered', seed: { instance: 'beacon', dealer: DEALER, value } })
    }),
  )
  assert.ok(makeDealing(beacon, DEALER, value).equals(dealing))
})

test('one share below the threshold fits every seed: each other value has a polynomial through the same shares', () => {
  const shares = sharesOf(beacon, dealingOf(beacon)).slice(0, beacon.threshold - 1)
  assert.deepEqual(recoverSeed(beacon, DEALER, dealingOf(beacon), shares), { kind: 'short' })
  const doubled = [...shares, ...shares, ...shares]
  assert.deepEqual(recoverSeed(beacon, DEALER, dealingOf(beacon), doubled), { kind: 'short' }, 'a share counts once')
  const points = shares.map(({ member, value }) => ({ x: BigInt(member + 1), y: elementOf(value) ?? 0n }))
  fc.assert(
    fc.property(element, element, (y, other) => {
      fc.pre(y !== other)
      const x = BigInt(keys.length)
      assert.notEqual(interpolateAtZero([...points, { x, y }]), interpolateAtZero([...points, { x, y: other }]))
    }),
    { numRuns: propertyRuns(20) },
  )
})

test('shares that are not what was dealt are found one by one and change nothing', () => {
  const dealing = dealingOf(beacon)
  const shares = sharesOf(beacon, dealing)
  const lie = fc.record({ member: fc.nat(keys.length - 1), value: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
  fc.assert(
    fc.property(fc.array(lie, { maxLength: 20 }), someOf(beacon.threshold), (lies, members) => {
      const false_ = lies.map((each): Share<'beacon'> => ({ instance: 'beacon', dealer: DEALER, ...each }))
      for (const share of false_) assert.equal(isShareOf(beacon, dealing, share), false)
      const foreign = shares.map((share) => ({ ...share, member: (share.member + 1) % keys.length }))
      const all = [...false_, ...foreign, ...shares.filter(({ member }) => members.includes(member))]
      assert.equal(recoverSeed(beacon, DEALER, dealing, all).kind, 'recovered')
      assert.equal(recoverSeed(beacon, DEALER, dealing, [...false_, ...foreign]).kind, 'short')
    }),
    { numRuns: propertyRuns(30) },
  )
})

test('whatever byte of a dealing its dealer changes, no members recover a seed, and enough of them see it', () => {
  const honest = dealingOf(beacon)
  const change = fc.record({ at: fc.nat(honest.bytes.length - 1), xor: fc.integer({ min: 1, max: 255 }) })
  let proven = 0
  fc.assert(
    fc.property(change, fc.array(someOf(beacon.threshold), { minLength: 3, maxLength: 3 }), ({ at, xor }, groups) => {
      const bytes = Uint8Array.from(honest.bytes)
      bytes[at] = (bytes[at] ?? 0) ^ xor
      const dealing = new Dealing(bytes, keys.length)
      const shares = sharesOf(beacon, dealing)
      for (const members of groups) {
        const { kind } = recoverSeed(
          beacon,
          DEALER,
          dealing,
          shares.filter(({ member }) => members.includes(member)),
        )
        assert.notEqual(kind, 'recovered')
        if (kind === 'faulty') proven += 1
      }
    }),
    { numRuns: propertyRuns(60) },
  )
  assert.ok(proven > 0)
})

test('a dealer of two polynomials is found out whoever opens', () => {
  const [one, other] = [dealingOf(beacon), makeDealing(beacon, DEALER, new Uint8Array(32).fill(9))]
  const [ones, others] = [sharesOf(beacon, one), sharesOf(beacon, other)]
  const mixed = ones.map((share, member) => (member < 4 ? share : (others[member] ?? share)).value)
  const dealing = craftDealing(beacon, DEALER, one.commitment, mixed)
  const shares = sharesOf(beacon, dealing)
  assert.equal(shares.length, keys.length, 'everybody can open its share')
  fc.assert(
    fc.property(someOf(beacon.threshold), (members) => {
      const some = shares.filter(({ member }) => members.includes(member))
      assert.deepEqual(recoverSeed(beacon, DEALER, dealing, some), { kind: 'faulty' })
    }),
    { numRuns: propertyRuns(30) },
  )
})

test('a dealing is of use to nobody else: not under another name, epoch, network, committee or instance', () => {
  const dealing = dealingOf(beacon)
  assert.deepEqual(sharesOf(beacon, dealing, DEALER + 1), [], 'copied by another member')
  assert.equal(recoverSeed(beacon, DEALER + 1, dealing, sharesOf(beacon, dealing)).kind, 'short')
  for (const round of [
    beaconRound(NETWORK, committeeFor(keys, 4)),
    beaconRound(named('another network'), committee),
    beaconRound(NETWORK, committeeFor(keys, 3, [2])),
    secret,
  ]) {
    assert.deepEqual(sharesOf<Instance>(round, dealing), [])
    assert.notDeepEqual(ownSeed(round, DEALER, keyOf(DEALER)).value, ownSeed(beacon, DEALER, keyOf(DEALER)).value)
  }
})

test('what is of a secret never passes for what is of the beacon', () => {
  const dealing = dealingOf(secret)
  const shares = sharesOf(secret, dealing)
  const relabelled = shares.map((share): Share<'beacon'> => ({ ...share, instance: 'beacon' }))
  assert.ok(relabelled.every((share) => !isShareOf(beacon, dealing, share)))
  assert.ok(relabelled.every((share) => !isShareOf<Instance>(secret, dealing, share)))
  const recovery = recoverSeed(secret, DEALER, dealing, shares)
  assert.ok(recovery.kind === 'recovered')
  const own = secretOf(secret, [recovery.seed])
  const published = beaconOf(beacon, [{ ...recovery.seed, instance: 'beacon' }], NETWORK)
  assert.notDeepEqual(own, published)
  assert.notDeepEqual(secretCommitment(secret, own), own)
  const alone = committeeFor(keys.slice(0, 1), 3)
  assert.equal(beaconRound(NETWORK, alone).threshold, secretRound(NETWORK, alone).threshold)
  assert.notDeepEqual(beaconRound(NETWORK, alone).id, secretRound(NETWORK, alone).id)
})

test('fewer than a quorum, even with all that may be faulty, have nothing of a secret', () => {
  const dealing = dealingOf(secret)
  const shares = sharesOf(secret, dealing)
  assert.equal(recoverSeed(secret, DEALER, dealing, shares.slice(0, secret.threshold - 1)).kind, 'short')
  assert.equal(recoverSeed(secret, DEALER, dealing, shares.slice(0, secret.threshold)).kind, 'recovered')
})

test('every seed counts, and so does its dealer', () => {
  const seeds = [0, 1, 2].map((dealer) => ownSeed(beacon, dealer, keyOf(dealer)))
  const values = [
    seeds,
    seeds.slice(1),
    seeds.slice(0, 2),
    [],
    seeds.map((seed) => ({ ...seed, dealer: seed.dealer + 1 })),
  ]
  const outcomes = values.map((some) => Buffer.from(beaconOf(beacon, some, NETWORK)).toString('hex'))
  outcomes.push(Buffer.from(beaconOf(beacon, seeds, named('another beacon before'))).toString('hex'))
  assert.equal(new Set(outcomes).size, outcomes.length)
  assert.throws(() => beaconOf(beacon, seeds.toReversed(), NETWORK), /order/)
})

/** A point of the curve with a part of order 8, as in crypto's vectors. */
const MIXED_ORDER = 'cdbc161be64c4302f56443ff29ccf36a2075be1a1fa67ff126b56315f5681c38'

test('a member whose key is of mixed order gets no share; the others are not held up', () => {
  const odd = new Uint8Array(Buffer.from(MIXED_ORDER, 'hex'))
  const others = keys.slice(1)
  const members = [odd, ...others.map(({ publicKey }) => publicKey)].sort(compareBytes)
  const round = beaconRound(NETWORK, { epoch: 3, validators: members.map((key) => ({ key, weight: 1 })) })
  const dealer = members.indexOf(keyOf(DEALER).publicKey)
  const dealing = makeDealing(round, dealer, ownSeed(round, dealer, keyOf(DEALER)).value)
  assert.equal(round.agreementKey(members.indexOf(odd)), undefined)
  const shares = others.flatMap((key) => openShare(round, dealer, dealing, members.indexOf(key.publicKey), key) ?? [])
  assert.equal(shares.length, others.length)
  assert.equal(recoverSeed(round, dealer, dealing, shares).kind, 'recovered')
})

test('bytes of another length are no dealing; others may say anything and do no harm', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      if (bytes.length === dealingBytes(keys.length)) return
      assert.throws(() => new Dealing(bytes, keys.length), { code: 'PROTOCOL_MALFORMED' })
    }),
  )
  const anything = fc.uint8Array({ minLength: dealingBytes(keys.length), maxLength: dealingBytes(keys.length) })
  fc.assert(
    fc.property(anything, (bytes) => assert.deepEqual(sharesOf(beacon, new Dealing(bytes, keys.length)), [])),
    { numRuns: propertyRuns(20) },
  )
})
