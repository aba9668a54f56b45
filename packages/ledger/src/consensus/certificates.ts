import type { Certificate, Vote } from '@borgios/protocol'
import { isSameHash } from './candidate.ts'
import { type ConsensusState, epochOf, openSlot } from './consensus-state.ts'
import { checkVote } from './evidence.ts'
import { type Slot, subjectKey } from './slot.ts'

/** Counts a vote. The first of a voter for each stage counts; a quorum's weight makes a certificate. */
export function addVote(state: ConsensusState, vote: Vote): void {
  const slot = openSlot(state, vote.slot)
  if (!rememberVote(state, slot, vote) || slot.number <= state.final.slot) return
  const key = subjectKey(vote.kind, vote.block)
  const weight = (slot.weights.get(key) ?? 0) + (state.options.committee.validators[vote.voter]?.weight ?? 0)
  slot.weights.set(key, weight)
  if (weight >= state.quorum) addCertificate(state, certificateOf(slot, vote))
}

/** Whether it is news. */
function rememberVote(state: ConsensusState, slot: Slot, vote: Vote): boolean {
  checkVote(state, slot, vote)
  const votes = slot.votes[vote.kind]
  if (votes.has(vote.voter)) return false
  votes.set(vote.voter, vote)
  return true
}

function certificateOf(slot: Slot, { kind, epoch, block }: Vote): Certificate {
  const votes = [...slot.votes[kind].values()]
    .filter((vote) => isSameHash(vote.block, block))
    .sort((left, right) => left.voter - right.voter)
    .map(({ voter, signature }) => ({ voter, signature }))
  return { kind, epoch, slot: slot.number, block, votes }
}

/** Keeps a certificate, writes it down and passes it on, once. */
export function addCertificate(state: ConsensusState, certificate: Certificate): void {
  if (!keepCertificate(state, certificate)) return
  state.effects.push({ kind: 'persist', record: { kind: 'certificate', certificate } })
  state.effects.push({ kind: 'send', to: 'all', message: { kind: 'certificate', certificate } })
}

/** Whether it is news. The votes in it are weighed against what the same voters said elsewhere. */
export function keepCertificate(state: ConsensusState, certificate: Certificate): boolean {
  const slot = openSlot(state, certificate.slot)
  const { kind, block } = certificate
  if (slot.certificates[kind] !== undefined) return false
  slot.certificates[kind] = certificate
  for (const { voter, signature } of certificate.votes) {
    rememberVote(state, slot, { kind, epoch: epochOf(state), slot: slot.number, block, voter, signature })
  }
  return true
}
