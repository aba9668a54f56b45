import { limits, type NodeId } from '@borgios/core'
import type { Certificate, Vote } from '@borgios/protocol'
import { holdBlock } from './blocks.ts'
import { type Candidate, type CandidateHead, hashKey, isSameHash } from './candidate.ts'
import { noteFarFinal } from './catching-up.ts'
import { addCertificate, addVote } from './certificates.ts'
import type { ConsensusMessage } from './consensus-io.ts'
import { type ConsensusState, epochOf, leaderOf, openSlot } from './consensus-state.ts'
import { checkCandidate } from './evidence.ts'
import { isWantedBlock } from './fetching.ts'
import { onStatus } from './standstill.ts'

const bounds = limits.ledgerConsensus

/**
 * Whether the core would make anything of a message: asked by the shell before it spends time on signatures, and by the core itself. What
 * lies outside the window of slots is refused here, so that nobody can make a node keep more than a bounded number of votes.
 */
export function isWanted(state: ConsensusState, message: ConsensusMessage): boolean {
  switch (message.kind) {
    case 'vote':
      return isWantedVote(state, message.vote)
    case 'certificate':
      return isWantedCertificate(state, message.certificate)
    case 'candidate':
      return isWantedCandidate(state, message.candidate)
    case 'status':
      return true
  }
}

const isInWindow = (state: ConsensusState, slot: number): boolean =>
  slot > state.final.slot && slot <= state.current + bounds.slotsAhead

/** Votes on slots that were final lately are still held against each other. */
function isWantedVote(state: ConsensusState, vote: Vote): boolean {
  if (vote.epoch !== epochOf(state) || vote.voter >= state.options.committee.validators.length) return false
  if (vote.slot <= state.final.slot - bounds.keptSlots || vote.slot > state.current + bounds.slotsAhead) return false
  if (vote.slot < 0 || vote.slot < state.current - bounds.votesKeptSlots) return false
  const earlier = state.slots.get(vote.slot)?.votes[vote.kind].get(vote.voter)
  return earlier === undefined || !isSameHash(earlier.block, vote.block)
}

function isWantedCertificate(state: ConsensusState, certificate: Certificate): boolean {
  const { epoch, slot, kind } = certificate
  if (epoch !== epochOf(state) || slot <= state.final.slot) return false
  if (slot > state.current + bounds.slotsAhead) {
    return kind === 'final' && slot > (state.lag?.certificate?.slot ?? -1)
  }
  return state.slots.get(slot)?.certificates[kind] === undefined
}

/** The first that a leader offers for a slot near enough, one that contradicts it, and whatever was asked for. */
export function isWantedCandidate(state: ConsensusState, head: CandidateHead): boolean {
  const { epoch, slot, leader, hash } = head
  if (epoch !== epochOf(state) || slot <= state.final.slot || leader !== leaderOf(state, slot)) return false
  if (isWantedBlock(state, hash)) return true
  const known = state.slots.get(slot)
  if (known?.blocks.has(hashKey(hash)) === true) return false
  if (known?.offered === undefined) return slot <= state.current + bounds.candidatesAhead
  return !state.accused.has(leader)
}

export function receive(state: ConsensusState, from: NodeId, message: ConsensusMessage): void {
  if (!isWanted(state, message)) return
  switch (message.kind) {
    case 'vote':
      addVote(state, message.vote)
      break
    case 'certificate':
      onCertificate(state, message.certificate)
      break
    case 'candidate':
      onCandidate(state, message.candidate)
      break
    case 'status':
      onStatus(state, from, message.status)
  }
}

function onCertificate(state: ConsensusState, certificate: Certificate): void {
  if (isInWindow(state, certificate.slot)) addCertificate(state, certificate)
  else noteFarFinal(state, certificate)
}

function onCandidate(state: ConsensusState, candidate: Candidate): void {
  const isAskedFor = isWantedBlock(state, candidate.hash)
  const isNear = candidate.slot <= state.current + bounds.candidatesAhead
  const slot = openSlot(state, candidate.slot)
  checkCandidate(state, slot, candidate)
  const isFirst = slot.offered === undefined && isNear
  if (isFirst) slot.offered = candidate
  if (isFirst || isAskedFor) holdBlock(state, candidate)
}
