import { type Certificate, VOTE_KINDS, type Vote } from '@borgios/protocol'
import { type Candidate, hashKey, isSameHash } from './candidate.ts'
import type { Evidence } from './consensus-io.ts'
import type { ConsensusState } from './consensus-state.ts'
import type { Slot } from './slot.ts'

/** One offence is enough to be put out of the committee, and bounds what a liar can make us keep. */
function accuse(state: ConsensusState, evidence: Evidence): void {
  if (evidence.offender === state.options.self || state.accused.has(evidence.offender)) return
  state.accused.add(evidence.offender)
  state.effects.push({ kind: 'evidence', evidence })
}

/** Whether no honest validator signs both: two blocks at one stage of a slot, or final and skip. Notar and skip may stand together. */
export function isConflict(first: Vote, second: Vote): boolean {
  if (first.kind === second.kind) return !isSameHash(first.block, second.block)
  return first.kind !== 'notar' && second.kind !== 'notar'
}

/** Compares a vote with what the same voter said of the slot before. */
export function checkVote(state: ConsensusState, slot: Slot, vote: Vote): void {
  for (const kind of VOTE_KINDS) {
    const earlier = slot.votes[kind].get(vote.voter)
    if (earlier === undefined || !isConflict(earlier, vote)) continue
    accuse(state, { kind: 'votes', offender: vote.voter, first: earlier, second: vote })
  }
  if (vote.voter === state.options.self) checkOwnVote(state, slot, vote)
}

/** A vote by our key that we know nothing of: a second process has the key, or our log was lost. Both make us dangerous. */
function checkOwnVote(state: ConsensusState, slot: Slot, vote: Vote): void {
  const { own } = slot
  const isOurs = vote.kind === 'skip' ? own.skip : own[vote.kind] === hashKey(vote.block)
  if (isOurs || slot.number <= state.final.slot) return
  fallSilent(state, vote)
}

/** Says nothing more in this epoch, in later lives neither. */
function fallSilent(state: ConsensusState, vote: Vote): void {
  if (state.isMuted) return
  state.isMuted = true
  state.effects.push({ kind: 'persist', record: { kind: 'strangeVote', vote } })
  state.effects.push({ kind: 'keyUsedElsewhere', vote })
}

/**
 * A certificate of this epoch that was got in bulk, or stands with the last durable final block. `hasSaid`: whether the log has our vote on
 * it; if the certificate has one and the log has none, others may wait for more votes of ours that we do not remember.
 */
export function checkOwnShare(state: ConsensusState, certificate: Certificate, hasSaid: boolean): void {
  const own = certificate.votes.find(({ voter }) => voter === state.options.self)
  if (own === undefined || hasSaid) return
  const { kind, epoch, slot, block } = certificate
  fallSilent(state, { kind, epoch, slot, block, ...own })
}

/** A leader offers one block a turn. */
export function checkCandidate(state: ConsensusState, slot: Slot, candidate: Candidate): void {
  const first = slot.offered
  if (first === undefined || isSameHash(first.hash, candidate.hash)) return
  accuse(state, { kind: 'candidates', offender: candidate.leader, first, second: candidate })
}
