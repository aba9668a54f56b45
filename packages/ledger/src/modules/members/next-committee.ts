import { limits } from '@borgios/core'
import { type Committee, compareBytes, taggedHash, type Validator } from '@borgios/protocol'
import type { StateReader } from '../../state/state.ts'
import { parameter } from '../parameters/parameter-table.ts'
import { memberOf, memberTable } from './member.ts'

interface Eligible {
  readonly key: Uint8Array
  /** Hex of the operator's key. */
  readonly operator: string
}

const { maxValidators } = limits.ledgerCodec
/** With so many operators each can be held below a third. */
const OPERATORS_FOR_THIRDS = 4

/**
 * The committee of an epoch, drawn by its beacon: all active members, at most 64, each with weight 1. No operator has as much as a third of
 * it; while there are fewer than four operators, which makes that impossible, none has more than the second largest. With too few members
 * the committee stays who it is, but for those that were put out.
 */
export function nextCommittee(state: StateReader, epoch: number, beacon: Uint8Array, former?: Committee): Committee {
  const eligible = eligibleMembers(state, epoch)
  const least = parameter({ state, epoch }, 'leastValidators')
  if (former !== undefined && eligible.length < least) return { epoch, validators: remaining(state, former) }
  return { epoch, validators: draw(eligible, beacon).map(asValidator).sort(byKey) }
}

/** Whoever was put out decides no more, unless nobody else is left who could. */
function remaining(state: StateReader, { validators }: Committee): readonly Validator[] {
  const faithful = validators.filter(({ key }) => memberOf(state, key)?.state !== 'slashed')
  return faithful.length === 0 ? validators : faithful
}

/** Who joined while the beacon could be foreseen is not drawn by it: it would have tried keys until one is. */
function eligibleMembers(state: StateReader, epoch: number): Eligible[] {
  const eligible: Eligible[] = []
  for (const [key, { state: standing, operator, joinedEpoch }] of state.list(memberTable)) {
    const isDrawn = standing === 'active' && (joinedEpoch === 0 || joinedEpoch < epoch - 1)
    if (isDrawn) eligible.push({ key, operator: Buffer.from(operator).toString('hex') })
  }
  return eligible
}

/** In an order that nobody knew before the beacon: whoever fits under the cap of its operator. */
function draw(eligible: readonly Eligible[], beacon: Uint8Array): Eligible[] {
  const cap = operatorCap(countOperators(eligible))
  const ranked = eligible
    .map((member) => ({ member, rank: taggedHash('committee-draw/1', beacon, member.key) }))
    .sort((one, other) => compareBytes(one.rank, other.rank))
  const taken = new Map<string, number>()
  const drawn: Eligible[] = []
  for (const { member } of ranked) {
    const count = taken.get(member.operator) ?? 0
    if (count >= cap || drawn.length >= maxValidators) continue
    taken.set(member.operator, count + 1)
    drawn.push(member)
  }
  return drawn
}

function countOperators(eligible: readonly Eligible[]): number[] {
  const counts = new Map<string, number>()
  for (const { operator } of eligible) counts.set(operator, (counts.get(operator) ?? 0) + 1)
  return [...counts.values()].sort((one, other) => other - one)
}

/** How many validators one operator may have, by how many members each operator has, the largest first. */
export function operatorCap(counts: readonly number[]): number {
  const [largest = 0, second = largest] = counts
  if (counts.length < OPERATORS_FOR_THIRDS)
    return Math.min(second, Math.floor(maxValidators / Math.max(1, counts.length)))
  let cap = Math.min(largest, maxValidators)
  while (cap > 1 && 3 * cap >= committeeSize(counts, cap)) cap -= 1
  return cap
}

const committeeSize = (counts: readonly number[], cap: number): number =>
  Math.min(
    maxValidators,
    counts.reduce((sum, count) => sum + Math.min(count, cap), 0),
  )

const asValidator = ({ key }: Eligible): Validator => ({ key, weight: 1 })
const byKey = (one: Validator, other: Validator): number => compareBytes(one.key, other.key)
