import { assert, limits } from '@borgios/core'
import type { BlockRef, Certificate } from '@borgios/protocol'
import { executionOf, isRooted } from './blocks.ts'
import { type Candidate, type FinalBlock, isSameBlock } from './candidate.ts'
import { clearLag, noteFarFinal } from './catching-up.ts'
import { type ConsensusState, heldBlock } from './consensus-state.ts'

const bounds = limits.ledgerConsensus

/** COMMIT: the newest block with a final certificate, and all its ancestors. */
export function tryCommit(state: ConsensusState): void {
  const certificate = newestFinal(state)
  if (certificate === undefined || state.isOver) return
  const block = { slot: certificate.slot, hash: certificate.block }
  if (leadsElsewhere(state, block)) {
    diverge(state, 'it is not a descendant of the last final block here', certificate)
    return
  }
  if (certificate.slot - state.final.slot > bounds.catchUpSlots && !isHeldWhole(state, block)) {
    noteFarFinal(state, certificate)
    return
  }
  if (!isRooted(state, block)) return
  const execution = executionOf(state, block)
  if (execution === 'bad') diverge(state, 'it does not execute here', certificate)
  if (execution !== 'ok') return
  const path = pathTo(state, block)
  const blocks = path.filter(({ isFiller }) => !isFiller)
  const newest = blocks.at(-1)
  assert(newest !== undefined, 'fillers stand on a block that is not final yet')
  state.effects.push({ kind: 'commit', blocks, fillers: path.slice(blocks.length), certificate })
  const { hash, height, isEmpty, isLast } = newest
  setFinal(state, { slot: block.slot, hash, height, isEmpty }, certificate, isLast)
}

function newestFinal(state: ConsensusState): Certificate | undefined {
  let newest: Certificate | undefined
  for (const { number, certificates } of state.slots.values()) {
    if (number > state.final.slot && certificates.final !== undefined && number > (newest?.slot ?? -1)) {
      newest = certificates.final
    }
  }
  return newest
}

/** Blocks above the last final one up to this one, oldest first. All are here. */
function pathTo(state: ConsensusState, block: BlockRef): Candidate[] {
  const path: Candidate[] = []
  for (let at = heldBlock(state, block)?.candidate; at !== undefined; at = heldBlock(state, at.parent)?.candidate) {
    path.push(at)
    if (at.parent.slot <= state.final.slot) break
  }
  return path.reverse()
}

/** Whether no ancestor is missing, without asking for any. */
function isHeldWhole(state: ConsensusState, block: BlockRef): boolean {
  const [oldest] = pathTo(state, block)
  return oldest !== undefined && isSameBlock(oldest.parent, state.final)
}

/** Whether its ancestors go past the last final block: a quorum then decided on two chains. */
function leadsElsewhere(state: ConsensusState, block: BlockRef): boolean {
  for (let at = heldBlock(state, block)?.candidate; at !== undefined; at = heldBlock(state, at.parent)?.candidate) {
    if (at.parent.slot <= state.final.slot) return !isSameBlock(at.parent, state.final)
  }
  return false
}

function diverge(state: ConsensusState, why: string, certificate: Certificate): void {
  state.hasDiverged = true
  state.effects.push({
    kind: 'diverged',
    why: `a block was finalised that this node cannot take: ${why}. Its software or its state is not that of the network: update it, or let it begin anew`,
    certificate,
  })
}

/** Moves the last final block on. Slots up to it are closed for good; a few keep their votes, to notice who contradicts himself. */
export function setFinal(
  state: ConsensusState,
  final: FinalBlock,
  certificate: Certificate,
  isLastOfEpoch: boolean,
): void {
  state.final = final
  state.finalCertificate = certificate
  state.isOver = isLastOfEpoch
  state.progressMs = state.nowMs
  for (const slot of state.slots.values()) {
    if (slot.number > final.slot) continue
    slot.blocks.clear()
    if (slot.number <= final.slot - bounds.keptSlots) state.slots.delete(slot.number)
  }
  clearLag(state)
}
