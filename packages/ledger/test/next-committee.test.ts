import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { type Committee, compareBytes } from '@borgios/protocol'
import fc from 'fast-check'
import { newMember } from '../src/modules/members/join.ts'
import { type MemberState, memberTable } from '../src/modules/members/member.ts'
import { nextCommittee, operatorCap } from '../src/modules/members/next-committee.ts'
import { parameterTable } from '../src/modules/parameters/parameter-table.ts'
import { PARAMETERS } from '../src/modules/parameters/parameters.ts'
import { openMemoryState } from '../src/state/final-state.ts'
import { propertyRuns } from './full-slice.ts'
import { named, OFFER } from './support/small-ledger.ts'

const { maxValidators } = limits.ledgerCodec

interface Registered {
  readonly operator: number
  readonly state: MemberState
}

const nodeName = (operator: number, place: number) => `node ${place} of ${operator}`

function draw(members: readonly Registered[], beacon = 'beacon', former?: Committee, least = 1): Committee {
  const state = openMemoryState([memberTable, parameterTable]).layer()
  const { number } = PARAMETERS.leastValidators
  state.set(parameterTable, number, { value: BigInt(least), later: undefined })
  for (const [place, { operator, state: standing }] of members.entries()) {
    const key = named(`operator ${operator}`)
    const terms = { ...OFFER, operator: key, account: key, sponsor: undefined }
    const member = newMember(terms, { payer: key, deposit: 0n, epoch: 0 })
    state.set(memberTable, named(nodeName(operator, place)), { ...member, state: standing })
  }
  return nextCommittee(state, 3, named(beacon), former)
}

const active = (...counts: number[]): Registered[] =>
  counts.flatMap((count, operator) => Array.from({ length: count }, () => ({ operator, state: 'active' as const })))

/** How many validators each operator has, the most first. */
function shares(members: readonly Registered[], { validators }: Committee): number[] {
  const owner = new Map(
    members.map(({ operator }, place) => [Buffer.from(named(nodeName(operator, place))).toString('hex'), operator]),
  )
  const counts = new Map<number, number>()
  for (const { key } of validators) {
    const operator = owner.get(Buffer.from(key).toString('hex')) ?? assert.fail('a stranger decides')
    counts.set(operator, (counts.get(operator) ?? 0) + 1)
  }
  return [...counts.values()].sort((one, other) => other - one)
}

const registered = fc.array(
  fc.record({
    operator: fc.nat({ max: 9 }),
    state: fc.constantFrom<MemberState[]>('active', 'active', 'active', 'draining', 'leaving', 'slashed'),
  }),
  { maxLength: 150 },
)

test('a committee is sorted, not above 64, of active members, and nobody has a third once four operators are there', () => {
  fc.assert(
    fc.property(registered, (members) => {
      fc.pre(members.some(({ state }) => state === 'active'))
      const committee = draw(members)
      const keys = committee.validators.map(({ key }) => key)
      assert.deepEqual(keys, [...keys].sort(compareBytes))
      assert.ok(keys.length >= 1 && keys.length <= maxValidators)
      assert.ok(committee.validators.every(({ weight }) => weight === 1))
      assert.equal(committee.epoch, 3)
      const eligible = members.map((member) => (member.state === 'active' ? member : { ...member, operator: -1 }))
      const [most = 0] = shares(eligible, committee)
      const operators = new Set(members.filter(({ state }) => state === 'active').map(({ operator }) => operator))
      if (operators.size >= 4) assert.ok(3 * most < keys.length, `${most} of ${keys.length}`)
    }),
    { numRuns: propertyRuns(60) },
  )
})

test('everybody decides while there is room and nobody has too much', () => {
  for (const counts of [[1], [5], [1, 1], [1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1], [2, 2, 2, 2], Array(64).fill(1)]) {
    const members = active(...counts)
    assert.deepEqual(shares(members, draw(members)), counts, String(counts))
  }
})

test('the cap is the largest that leaves everybody below a third', () => {
  const counts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 4, maxLength: 20 })
  const sizeAt = (list: readonly number[], cap: number) =>
    Math.min(
      maxValidators,
      list.reduce((sum, count) => sum + Math.min(count, cap), 0),
    )
  fc.assert(
    fc.property(counts, (unsorted) => {
      const list = unsorted.sort((one, other) => other - one)
      const cap = operatorCap(list)
      assert.ok(3 * cap < sizeAt(list, cap))
      const larger = cap + 1
      if (larger <= Math.min(list[0] ?? 0, maxValidators)) assert.ok(3 * larger >= sizeAt(list, larger))
    }),
    { numRuns: propertyRuns(200) },
  )
})

test('with fewer than four operators nobody has more than the second', () => {
  assert.deepEqual(shares(active(5, 1), draw(active(5, 1))), [1, 1])
  assert.deepEqual(shares(active(2, 9, 3), draw(active(2, 9, 3))), [3, 3, 2])
  assert.deepEqual(shares(active(100, 100), draw(active(100, 100))), [32, 32])
  assert.deepEqual(shares(active(100), draw(active(100))), [64])
})

test('the beacon draws, from many another committee each time', () => {
  const members = active(...Array<number>(100).fill(1))
  const keysOf = (beacon: string) => draw(members, beacon).validators.map(({ key }) => Buffer.from(key).toString('hex'))
  assert.equal(keysOf('one').length, maxValidators)
  assert.deepEqual(keysOf('one'), keysOf('one'))
  assert.notDeepEqual(keysOf('one'), keysOf('two'))
  const drawn = new Set(Array.from({ length: 12 }, (_, beacon) => keysOf(String(beacon))).flat())
  assert.equal(drawn.size, 100)
})

test('with too few members the committee stays', () => {
  const former = draw(active(1, 1, 1, 1))
  const few = active(1, 1)
  assert.deepEqual(draw(few, 'beacon', former, 3).validators, former.validators)
  assert.equal(draw(few, 'beacon', former, 3).epoch, 3)
  assert.equal(draw(few, 'beacon', former, 2).validators.length, 2)
  assert.deepEqual(draw([], 'beacon', former).validators, former.validators)
})

test('who was put out is not kept where the committee stays, unless nobody else is left', () => {
  const former = draw(active(1, 1, 1, 1))
  const oneOut = active(1, 1, 1, 1).map((member) =>
    member.operator === 0 ? { ...member, state: 'slashed' as const } : member,
  )
  const liar = named(nodeName(0, 0))
  const faithful = former.validators.filter(({ key }) => compareBytes(key, liar) !== 0)
  assert.equal(faithful.length, 3)
  assert.deepEqual(draw(oneOut, 'beacon', former, 4).validators, faithful)
  const allOut = oneOut.map((member) => ({ ...member, state: 'slashed' as const }))
  assert.deepEqual(draw(allOut, 'beacon', former, 4).validators, former.validators)
})
