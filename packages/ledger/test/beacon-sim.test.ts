import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@borgios/core/testing'
import { compareBytes } from '@borgios/protocol'
import fc from 'fast-check'
import { Dealing, dealingBytes, makeDealing } from '../src/beacon/dealing.ts'
import { beaconOf } from '../src/beacon/outcome.ts'
import { openShare, ownSeed, type Seed } from '../src/beacon/shares.ts'
import { type BeaconRecord, dealingTable, type OpenedShare } from '../src/modules/beacon/beacon-tables.ts'
import { propertyRuns } from './full-slice.ts'
import { craftDealing } from './support/beacon-cheats.ts'
import { BeaconWorld } from './support/beacon-world.ts'

const EPOCH_BLOCKS = 20

/** How a Byzantine member deals. All but `honest` should add nothing to the beacon. */
const DEALINGS = ['honest', 'none', 'junk', 'oneShareBad', 'twoPolynomials', 'copied', 'late'] as const
/** How it opens. None should change anything. */
const OPENINGS = ['honest', 'none', 'some', 'wrong', 'last'] as const

interface Plan {
  readonly size: number
  /** Of each Byzantine member, the last ones of the committee. */
  readonly dealings: readonly (typeof DEALINGS)[number][]
  readonly seed: number
}

/** One epoch with honest members that act at random times and others that do what they like. */
class Epoch {
  readonly world: BeaconWorld
  readonly honest: number
  readonly #plan: Plan
  #random: SeededRandom
  readonly seeds: Seed<'beacon'>[] = []

  constructor(plan: Plan) {
    this.#plan = plan
    this.world = new BeaconWorld(plan.size, EPOCH_BLOCKS)
    this.honest = plan.size - plan.dealings.length
    this.#random = new SeededRandom(plan.seed)
  }

  get members(): number[] {
    return [...this.world.keys.keys()]
  }

  deal(): void {
    const { world } = this
    const at = this.members.map(() => this.#random.below(4))
    while (world.running.phaseAt(world.nextHeight) === 'deal') {
      const offset = world.nextHeight - world.running.span.firstHeight
      world.block(this.members.flatMap((member) => (at[member] === offset % 5 ? (this.#dealingOf(member) ?? []) : [])))
    }
    const late = this.members.filter((member) => this.#styleOf(member) === 'late').map((dealer) => this.#proper(dealer))
    assert.ok(world.block(late).every((result) => result === 'LEDGER_BEACON_CLOSED'))
    for (const dealer of this.members) {
      if (this.#styleOf(dealer) !== 'honest') continue
      this.seeds.push(ownSeed(world.running.round, dealer, world.key(dealer)))
    }
  }

  /** The rest of the epoch; the seed decides what the Byzantine open and when the honest do. */
  open(seed: number, styles: readonly (typeof OPENINGS)[number][]): BeaconRecord {
    const { world, honest } = this
    this.#random = new SeededRandom(seed)
    const at = this.members.map((member) => (styles[member - honest] === 'last' ? 6 : this.#random.below(6)))
    for (let turn = 0; turn < 7 && world.running.phaseAt(world.nextHeight) === 'open'; turn += 1) {
      const due = this.members.filter((member) => at[member] === turn)
      world.block(due.flatMap((member) => this.#openingOf(member, styles[member - honest] ?? 'honest') ?? []))
    }
    return world.endEpoch()
  }

  #styleOf(member: number): (typeof DEALINGS)[number] {
    return this.#plan.dealings[member - this.honest] ?? 'honest'
  }

  #proper(dealer: number): Uint8Array {
    const { round } = this.world.running
    return this.world.deal(
      dealer,
      dealer,
      makeDealing(round, dealer, ownSeed(round, dealer, this.world.key(dealer)).value).bytes,
    )
  }

  #dealingOf(dealer: number): Uint8Array | undefined {
    const style = this.#styleOf(dealer)
    if (style === 'honest') return this.world.dutyOf(dealer)
    const bytes = style === 'none' || style === 'late' ? undefined : this.#cheat(style, dealer)
    return bytes === undefined ? undefined : this.world.deal(dealer, dealer, bytes)
  }

  #cheat(style: 'junk' | 'oneShareBad' | 'twoPolynomials' | 'copied', dealer: number): Uint8Array | undefined {
    const { round } = this.world.running
    const bytes = Uint8Array.from(makeDealing(round, dealer, new Uint8Array(32).fill(dealer)).bytes)
    if (style === 'junk') return Uint8Array.from(bytes, () => this.#random.below(256))
    if (style === 'copied') {
      const [first] = this.world.ledger.state.list(dealingTable)
      return first?.[1]
    }
    if (style === 'oneShareBad') {
      const at = dealingBytes(this.#random.below(round.members.length)) + this.#random.below(80)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes
    }
    const shares = this.members.map((member) => new Uint8Array(32).fill(1 + ((member * 7) % 5)))
    return craftDealing(round, dealer, bytes.subarray(0, 32), shares).bytes
  }

  #openingOf(member: number, style: (typeof OPENINGS)[number]): Uint8Array | undefined {
    const { world } = this
    if (style === 'honest' || style === 'last') return world.dutyOf(member)
    if (style === 'none') return undefined
    const { round } = world.running
    const shares: OpenedShare[] = []
    for (const [dealer, bytes] of world.ledger.state.list(dealingTable)) {
      const share = openShare(round, dealer, new Dealing(bytes, round.members.length), member, world.key(member))
      if (share !== undefined && this.#random.below(2) === 0) shares.push({ dealer, value: share.value })
    }
    if (style === 'wrong') shares.splice(0, 1, { dealer: shares[0]?.dealer ?? 0, value: new Uint8Array(32).fill(3) })
    return world.open(member, member, shares)
  }
}

const plans = fc.integer({ min: 4, max: 10 }).chain((size) => {
  const faulty = Math.floor((size - 1) / 3)
  const dealings = fc.array(fc.constantFrom(...DEALINGS), { minLength: faulty, maxLength: faulty })
  const opening = fc.array(fc.constantFrom(...OPENINGS), { minLength: faulty, maxLength: faulty })
  return fc.record({
    size: fc.constant(size),
    dealings,
    seed: fc.nat(),
    openings: fc.array(opening, { minLength: 2, maxLength: 3 }),
  })
})

test('when its dealings are closed the beacon is fixed: nothing that a third of the members does later changes it', () => {
  fc.assert(
    fc.property(plans, ({ openings, ...plan }) => {
      for (const [index, styles] of openings.entries()) {
        const epoch = new Epoch(plan)
        epoch.deal()
        // Known here only because this test holds all keys.
        const { round } = epoch.world.running
        const expected = beaconOf(round, epoch.seeds, epoch.world.ledger.chain.beacon)
        const { beacon, isWeak, recovered, faulty } = epoch.open(plan.seed + index, styles)
        assert.deepEqual(beacon, expected)
        assert.equal(isWeak, false)
        assert.equal(recovered, epoch.seeds.length)
        const cheats = epoch.members.filter((member) =>
          faulty.some((key) => compareBytes(key, epoch.world.key(member).publicKey) === 0),
        )
        assert.ok(
          cheats.every((member) => epoch.seeds.every(({ dealer }) => dealer !== member)),
          'nobody honest is blamed',
        )
      }
    }),
    { numRuns: propertyRuns(12) },
  )
})

test('one colluder more than may be faulty reads the beacon before it is closed; as many as may be cannot', () => {
  const epoch = new Epoch({ size: 7, dealings: [], seed: 1 })
  epoch.deal()
  const { round } = epoch.world.running
  const dealings = [...epoch.world.ledger.state.list(dealingTable)]
  const opened = (colluders: number) =>
    dealings.filter(([dealer, bytes]) => {
      const dealing = new Dealing(bytes, 7)
      const shares = epoch.members
        .slice(0, colluders)
        .flatMap((member) => openShare(round, dealer, dealing, member, epoch.world.key(member)) ?? [])
      return shares.length >= round.threshold
    }).length
  assert.equal(round.threshold, 3)
  assert.equal(opened(2), 0)
  assert.equal(opened(3), 7)
})
