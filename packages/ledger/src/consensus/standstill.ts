import { limits, type NodeId } from '@borgios/core'
import { VOTE_KINDS } from '@borgios/protocol'
import { notePeerAhead } from './catching-up.ts'
import type { ConsensusMessage, Status } from './consensus-io.ts'
import { type ConsensusState, epochOf } from './consensus-state.ts'
import { ownProposal } from './proposing.ts'
import { statusDueMs } from './timing.ts'

const bounds = limits.ledgerConsensus

const statusOf = (state: ConsensusState): Status => ({
  epoch: epochOf(state),
  finalSlot: state.final.slot,
  currentSlot: state.current,
})

/** Says to all where we stand: who is further, or said what we lack, answers with it. */
export function sendStatus(state: ConsensusState): void {
  state.statusMs = state.nowMs
  state.effects.push({ kind: 'send', to: 'all', message: { kind: 'status', status: statusOf(state) } })
}

export function advanceStatus(state: ConsensusState): void {
  if (!state.isOver && state.nowMs >= statusDueMs(state)) sendStatus(state)
}

/** Answers a status with what its sender lacks: a bounded number of messages, and not too often. */
export function onStatus(state: ConsensusState, from: NodeId, status: Status): void {
  if (status.epoch > epochOf(state)) {
    notePeerAhead(state, from, status.epoch)
    return
  }
  if (!mayAnswer(state, from)) return
  // Who is ahead of all that can be kept here has nothing to learn from us; and no number of a peer's may bound a loop.
  if (status.epoch === epochOf(state) && status.currentSlot > state.current + bounds.slotsAhead) return
  if (status.epoch < epochOf(state)) {
    if (state.previousFinal?.epoch === status.epoch) answerCertificate(state, from, state.previousFinal)
    answer(state, from, { kind: 'status', status: statusOf(state) })
    return
  }
  if (status.finalSlot < state.final.slot && state.finalCertificate !== undefined) {
    answerCertificate(state, from, state.finalCertificate)
  }
  const firstOpen = Math.max(status.finalSlot, state.final.slot) + 1
  answerSlots(state, from, firstOpen, Math.min(firstOpen + bounds.answeredSlots, status.currentSlot))
  answerSlots(state, from, Math.max(firstOpen, status.currentSlot), status.currentSlot + bounds.answeredSlots)
  const candidate = ownProposal(state, status.currentSlot)
  if (candidate !== undefined) answer(state, from, { kind: 'candidate', candidate })
}

function mayAnswer(state: ConsensusState, from: NodeId): boolean {
  const { answeredMs, nowMs } = state
  if (nowMs - (answeredMs.get(from) ?? Number.NEGATIVE_INFINITY) < bounds.answerPauseMs) return false
  answeredMs.delete(from)
  answeredMs.set(from, nowMs)
  const [longestAgo] = answeredMs.keys()
  if (answeredMs.size > bounds.answeredPeers && longestAgo !== undefined) answeredMs.delete(longestAgo)
  return true
}

/** Certificates and own votes from a slot up to below another. */
function answerSlots(state: ConsensusState, to: NodeId, from: number, below: number): void {
  const { self } = state.options
  for (let number = from; number < below; number += 1) {
    const slot = state.slots.get(number)
    if (slot === undefined) continue
    for (const kind of VOTE_KINDS) {
      const certificate = slot.certificates[kind]
      const vote = self === undefined ? undefined : slot.votes[kind].get(self)
      if (certificate !== undefined) answerCertificate(state, to, certificate)
      else if (vote !== undefined) answer(state, to, { kind: 'vote', vote })
    }
  }
}

const answerCertificate = (
  state: ConsensusState,
  to: NodeId,
  certificate: Extract<ConsensusMessage, { kind: 'certificate' }>['certificate'],
): void => answer(state, to, { kind: 'certificate', certificate })

function answer(state: ConsensusState, to: NodeId, message: ConsensusMessage): void {
  state.effects.push({ kind: 'send', to, message })
}
