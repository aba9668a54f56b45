import { type BlockRef, noBlock, type VoteKind } from '@borgios/protocol'
import { executionOf, isRooted, persistBlock } from './blocks.ts'
import { type Candidate, hashKey, isSameBlock, isSameHash } from './candidate.ts'
import { type ConsensusState, epochOf, mayVote, openSlot } from './consensus-state.ts'
import { type HeldBlock, notarisedIn, type Slot } from './slot.ts'
import { skipDeadlineMs } from './timing.ts'

/** What a skip is about. */
const NO_BLOCK = noBlock()

/** Votes whatever the rules allow now. */
export function advanceVotes(state: ConsensusState): void {
  if (!mayVote(state)) return
  for (const slot of state.slots.values()) {
    if (slot.number <= state.final.slot) continue
    tryNotarise(state, slot)
    tryFinalise(state, slot)
  }
  trySkip(state)
}

/** NOTAR: once a slot, for a block whose place is proven and whose execution went well. */
function tryNotarise(state: ConsensusState, slot: Slot): void {
  if (slot.own.notar !== undefined) return
  const held = choiceOf(slot)
  if (held === undefined || !isJustified(state, held.candidate)) return
  if (!isRooted(state, held.candidate.parent) || executionOf(state, held.candidate) !== 'ok') return
  slot.own.notar = hashKey(held.candidate.hash)
  persistBlock(state, held)
  castVote(state, 'notar', held.candidate)
}

/** What a quorum notarised, else what the leader offered first. */
function choiceOf(slot: Slot): HeldBlock | undefined {
  const hash = notarisedIn(slot)?.hash ?? slot.offered?.hash
  return hash === undefined ? undefined : slot.blocks.get(hashKey(hash))
}

/** The parent is notarised, and every slot between was skipped: no block in between can ever be final. */
export function isJustified(state: ConsensusState, { slot, parent }: Candidate): boolean {
  if (parent.slot >= slot || parent.slot < state.final.slot) return false
  if (!isNotarised(state, parent)) return false
  for (let gap = parent.slot + 1; gap < slot; gap += 1) {
    if (state.slots.get(gap)?.certificates.skip === undefined) return false
  }
  return true
}

function isNotarised(state: ConsensusState, block: BlockRef): boolean {
  if (block.slot === state.final.slot) return isSameBlock(block, state.final)
  const notarised = notarisedIn(state.slots.get(block.slot))
  return notarised !== undefined && isSameHash(notarised.hash, block.hash)
}

/** FINAL: I notarised what a quorum notarised, and never said that the slot's time ran out. */
function tryFinalise(state: ConsensusState, slot: Slot): void {
  const notarised = notarisedIn(slot)
  if (notarised === undefined || slot.own.final !== undefined || slot.own.skip) return
  const key = hashKey(notarised.hash)
  if (slot.own.notar !== key) return
  slot.own.final = key
  castVote(state, 'final', notarised)
}

/** SKIP: the current slot's time ran out, and I never voted to make a block of it final. */
function trySkip(state: ConsensusState): void {
  const slot = openSlot(state, state.current)
  if (slot.own.skip || slot.own.final !== undefined) return
  if (state.nowMs < skipDeadlineMs(state)) return
  slot.own.skip = true
  castVote(state, 'skip', { slot: slot.number, hash: NO_BLOCK })
}

function castVote(state: ConsensusState, kind: VoteKind, { slot, hash }: BlockRef): void {
  state.effects.push({ kind: 'vote', subject: { kind, epoch: epochOf(state), slot, block: hash } })
}
