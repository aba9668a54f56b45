import type { BlockRef } from '@borgios/protocol'
import { type Candidate, hashKey, isSameBlock } from './candidate.ts'
import { type ConsensusState, heldBlock, openSlot } from './consensus-state.ts'
import { want } from './fetching.ts'
import type { HeldBlock } from './slot.ts'

/** Keeps a body. */
export function holdBlock(state: ConsensusState, candidate: Candidate): HeldBlock {
  const slot = openSlot(state, candidate.slot)
  const key = hashKey(candidate.hash)
  const found = slot.blocks.get(key)
  if (found !== undefined) return found
  const held: HeldBlock = { candidate, execution: 'none', isPersisted: false, isRooted: false }
  slot.blocks.set(key, held)
  state.fetches.delete(key)
  return held
}

export function persistBlock(state: ConsensusState, held: HeldBlock): void {
  if (held.isPersisted) return
  held.isPersisted = true
  state.effects.push({ kind: 'persist', record: { kind: 'candidate', candidate: held.candidate } })
}

/**
 * Whether a block and all its ancestors down to the last final one are here; what is missing is fetched. Only for blocks that a quorum
 * notarised and their ancestors: nobody else can make us fetch.
 */
export function isRooted(state: ConsensusState, block: BlockRef): boolean {
  if (block.slot <= state.final.slot) return isSameBlock(block, state.final)
  const held = heldBlock(state, block)
  if (held === undefined) {
    want(state, block)
    return false
  }
  held.isRooted ||= isRooted(state, held.candidate.parent)
  return held.isRooted
}

/** How the execution of a rooted block went; begins it, ancestors first, if need be. */
export function executionOf(state: ConsensusState, block: BlockRef): 'ok' | 'bad' | 'waiting' {
  if (block.slot <= state.final.slot) return 'ok'
  const held = heldBlock(state, block)
  if (held === undefined) return 'waiting'
  if (held.execution === 'ok' || held.execution === 'bad') return held.execution
  if (held.execution === 'asked') return 'waiting'
  const above = executionOf(state, held.candidate.parent)
  if (above === 'waiting') return 'waiting'
  if (above === 'bad' || !fitsParent(state, held.candidate)) {
    held.execution = 'bad'
    return 'bad'
  }
  held.execution = 'asked'
  state.effects.push({ kind: 'execute', candidate: held.candidate })
  return 'waiting'
}

/** Heights count up by one, and after the last block of an epoch come fillers only. */
function fitsParent(state: ConsensusState, { parent, height, isLast, isFiller }: Candidate): boolean {
  const above = heldBlock(state, parent)?.candidate ?? { ...state.final, isLast: false, isFiller: false }
  const isAtEnd = above.isLast || above.isFiller
  return height === above.height + 1 && isFiller === isAtEnd && !(isFiller && isLast)
}

export function onExecuted(state: ConsensusState, block: BlockRef, isOk: boolean): void {
  const held = heldBlock(state, block)
  if (held?.execution === 'asked') held.execution = isOk ? 'ok' : 'bad'
}
