import { executionOf, holdBlock, isRooted } from './blocks.ts'
import type { Candidate } from './candidate.ts'
import {
  type ConsensusState,
  epochOf,
  heldBlock,
  leaderOf,
  mayVote,
  newestNotarised,
  openSlot,
} from './consensus-state.ts'
import { readyMs } from './timing.ts'

/** PROPOSE: in my turn, when it is time, on top of the newest notarised block. */
export function tryPropose(state: ConsensusState): void {
  if (!mayVote(state) || leaderOf(state, state.current) !== state.options.self) return
  const slot = openSlot(state, state.current)
  if (slot.proposal !== 'none' || slot.own.notar !== undefined || slot.own.skip) return
  const parent = newestNotarised(state)
  if (!isRooted(state, parent) || executionOf(state, parent) !== 'ok' || state.nowMs < readyMs(state)) return
  const above = heldBlock(state, parent)?.candidate ?? { ...state.final, isLast: false, isFiller: false }
  slot.proposal = 'asked'
  const isFiller = above.isLast || above.isFiller
  state.effects.push({ kind: 'propose', slot: slot.number, parent, height: above.height + 1, isFiller })
}

/** The shell built a block: say it, if it still has a place. Once it is said, no other may be. */
export function onProposed(state: ConsensusState, candidate: Candidate): void {
  if (candidate.epoch !== epochOf(state) || candidate.slot <= state.final.slot) return
  const slot = openSlot(state, candidate.slot)
  if (slot.proposal === 'made') return
  slot.proposal = 'made'
  if (!mayVote(state) || slot.number < state.current) return
  slot.offered = candidate
  const held = holdBlock(state, candidate)
  held.isPersisted = true
  held.execution = 'ok'
  state.effects.push({ kind: 'send', to: 'all', message: { kind: 'candidate', candidate } })
}

/** What we offered in a slot, for who missed it. */
export function ownProposal(state: ConsensusState, number: number): Candidate | undefined {
  const slot = state.slots.get(number)
  return slot?.proposal === 'made' ? slot.offered : undefined
}
