import { assert } from '@borgios/core'
import { type Committee, compareBytes } from '@borgios/protocol'
import { beaconRound, faultyWeight, type Round } from '../../beacon/round.ts'
import type { StateReader } from '../../state/state.ts'
import { chainOf } from '../chain/chain-table.ts'
import { committeeOf } from '../members/committee-table.ts'
import { parameter } from '../parameters/parameter-table.ts'
import { type EpochSpan, type Phase, phaseAt } from './schedule.ts'

/** The round of the epoch that runs, as the next block or the one in work sees it. */
export interface RunningRound {
  readonly round: Round<'beacon'>
  readonly span: EpochSpan
  phaseAt(height: number): Phase
  /** Whether an honest one is among these members, as long as consensus holds. */
  hasHonest(members: readonly number[]): boolean
  /** Whether so many honest ones are among these members that they alone open every honest dealing. */
  hasHonestThreshold(members: readonly number[]): boolean
}

/** Finds rounds and keeps the last one: its keys take a while to turn. */
export class BeaconRounds {
  readonly #network: Uint8Array
  #kept: RunningRound | undefined

  /** The network's 32 bytes. */
  constructor(network: Uint8Array) {
    this.#network = network
  }

  /** Undefined when the epoch has no committee. */
  running(state: StateReader): RunningRound | undefined {
    const chain = chainOf(state)
    assert(chain !== undefined, 'there is a genesis')
    const { epoch, lastHeight } = chain
    const committee = committeeOf(state, epoch)
    if (committee === undefined) return undefined
    const span = { firstHeight: lastHeight - parameter({ state, epoch }, 'epochBlocks') + 1, lastHeight }
    const round = beaconRound(this.#network, committee)
    const kept = this.#kept
    if (kept !== undefined && kept.span.lastHeight === lastHeight && compareBytes(kept.round.id, round.id) === 0)
      return kept
    this.#kept = runningRound(round, committee, span)
    return this.#kept
  }
}

function runningRound(round: Round<'beacon'>, committee: Committee, span: EpochSpan): RunningRound {
  const faulty = faultyWeight(committee)
  const weightsOf = (members: readonly number[]): number[] =>
    members.map((member) => committee.validators[member]?.weight ?? 0).sort((one, other) => one - other)
  const total = (weights: readonly number[]): number => weights.reduce((sum, weight) => sum + weight, 0)
  return {
    round,
    span,
    phaseAt: (height) => phaseAt(height, span),
    hasHonest: (members) => total(weightsOf(members)) > faulty,
    hasHonestThreshold(members) {
      // The most members that can be faulty are the lightest.
      const rising = weightsOf(members)
      const honest = rising.filter((_, index) => total(rising.slice(0, index + 1)) > faulty)
      return honest.length >= round.threshold
    },
  }
}
