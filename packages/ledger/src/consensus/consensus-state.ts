import { assert, type NodeId } from '@borgios/core'
import { type BlockRef, type Certificate, quorumOf } from '@borgios/protocol'
import { type FinalBlock, hashKey } from './candidate.ts'
import type { ConsensusEffect } from './consensus-io.ts'
import type { EpochOptions } from './epoch-options.ts'
import { leaderSchedule } from './leader-schedule.ts'
import { emptySlot, type HeldBlock, notarisedIn, type Slot } from './slot.ts'

/** A body that is asked for. */
export interface Fetch {
  readonly block: BlockRef
  attempt: number
  nextMs: number
}

/** Why this node believes to be behind. */
export interface Lag {
  /** A final certificate of this epoch that is too far ahead to walk there. */
  certificate: Certificate | undefined
  /** Who claims to be in a later epoch. */
  readonly peers: Set<NodeId>
  attempt: number
  nextMs: number
}

/** Everything the core knows, for one epoch. Only the functions of this folder change it. */
export interface ConsensusState {
  options: EpochOptions
  quorum: number
  /** Positions in the committee in the order in which they lead. */
  leaders: readonly number[]
  nowMs: number
  /** What the step under way has asked for so far. */
  effects: ConsensusEffect[]
  isStarted: boolean
  /** The last block of the epoch is final: only `epochBegan` leads on. */
  isOver: boolean
  /** Somebody else signs with our key: say nothing more. */
  isMuted: boolean
  /** The last epoch in which an earlier life spoke, if the chain was brought back to one before it: we are silent up to its end. */
  spokenEpoch: number
  hasDiverged: boolean
  slots: Map<number, Slot>
  final: FinalBlock
  /** Why `final` is. Undefined at the beginning of the first epoch. */
  finalCertificate: Certificate | undefined
  /** Why the last block of the epoch before is final: for those who still are in it. */
  previousFinal: Certificate | undefined
  /** The least slot above the final one without a certificate. */
  current: number
  /** When the current slot began. */
  enteredMs: number
  /** Since when something waits to enter a block. */
  workSinceMs: number | undefined
  /** When the final block or the current slot last moved. */
  progressMs: number
  /** When we last said where we stand. */
  statusMs: number
  /** By leader: of its last turns, how many in a row were skipped. */
  missedTurns: number[]
  fetches: Map<string, Fetch>
  lag: Lag | undefined
  /** Validators against whom there is evidence. */
  accused: Set<number>
  /** When each peer was last answered. */
  answeredMs: Map<NodeId, number>
  /** The last `wake` told. */
  wakeMs: number | undefined
}

/** The state at the beginning of an epoch, or at a final block within it. */
export function createState(
  options: EpochOptions,
  final: FinalBlock,
  finalCertificate: Certificate | undefined,
): ConsensusState {
  const { validators, epoch } = options.committee
  assert(validators.length > 0, 'somebody decides')
  assert(options.self === undefined || options.self < validators.length, 'a validator has a place in the committee')
  return {
    options,
    quorum: quorumOf(validators.reduce((sum, { weight }) => sum + weight, 0)),
    leaders: leaderSchedule(options.beacon, epoch, validators.length),
    nowMs: 0,
    effects: [],
    isStarted: false,
    isOver: false,
    isMuted: false,
    spokenEpoch: -1,
    hasDiverged: false,
    slots: new Map(),
    final,
    finalCertificate,
    previousFinal: undefined,
    current: final.slot + 1,
    enteredMs: 0,
    workSinceMs: undefined,
    progressMs: 0,
    statusMs: Number.NEGATIVE_INFINITY,
    missedTurns: validators.map(() => 0),
    fetches: new Map(),
    lag: undefined,
    accused: new Set(),
    answeredMs: new Map(),
    wakeMs: undefined,
  }
}

export const epochOf = (state: ConsensusState): number => state.options.committee.epoch

export const leaderOf = (state: ConsensusState, slot: number): number => state.leaders[slot % state.leaders.length] ?? 0

/** Whether this node takes part: else it follows what the others decide. */
export const mayVote = (state: ConsensusState): boolean =>
  state.options.self !== undefined && state.isStarted && !state.isOver && !state.isMuted && !state.hasDiverged

/** The slot, made if nothing is known of it yet. The caller has bounded the number. */
export function openSlot(state: ConsensusState, number: number): Slot {
  const found = state.slots.get(number)
  if (found !== undefined) return found
  const slot = emptySlot(number)
  state.slots.set(number, slot)
  return slot
}

export const heldBlock = (state: ConsensusState, { slot, hash }: BlockRef): HeldBlock | undefined =>
  state.slots.get(slot)?.blocks.get(hashKey(hash))

/** The newest notarised block: all slots after it and before the current one were skipped. */
export function newestNotarised(state: ConsensusState): BlockRef {
  for (let number = state.current - 1; number > state.final.slot; number -= 1) {
    const notarised = notarisedIn(state.slots.get(number))
    if (notarised !== undefined) return notarised
  }
  return state.final
}
