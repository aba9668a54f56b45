import type { Certificate, Vote } from '@borgios/protocol'
import { holdBlock } from './blocks.ts'
import { type Candidate, type FinalBlock, hashKey } from './candidate.ts'
import { addVote, keepCertificate } from './certificates.ts'
import type { ConsensusRecord } from './consensus-io.ts'
import { type ConsensusState, createState, epochOf, openSlot } from './consensus-state.ts'
import type { EpochOptions } from './epoch-options.ts'

/**
 * The state of a validator that ran before, from its last durable final block and whatever stands in its log, any torn end left out. It
 * says nothing that contradicts what it said then: what it said was durable before. Records of other epochs or of closed slots do nothing.
 * What follows from them (evidence, a certificate) is told by the first step.
 */
export function recover(
  options: EpochOptions,
  final: FinalBlock,
  finalCertificate: Certificate | undefined,
  records: Iterable<ConsensusRecord>,
): ConsensusState {
  const state = createState(options, final, finalCertificate)
  if (finalCertificate !== undefined) recoverPrevious(state, finalCertificate)
  for (const record of records) {
    if (record.kind === 'vote') recoverVote(state, record.vote)
    else if (record.kind === 'candidate') recoverCandidate(state, record.candidate)
    else if (record.kind === 'strangeVote') state.isMuted ||= record.vote.epoch === epochOf(state)
    else recoverCertificate(state, record.certificate)
  }
  return state
}

const isOpen = (state: ConsensusState, epoch: number, slot: number): boolean =>
  epoch === state.options.committee.epoch && slot > state.final.slot

function recoverVote(state: ConsensusState, vote: Vote): void {
  if (!isOpen(state, vote.epoch, vote.slot) || vote.voter !== state.options.self) return
  const { own } = openSlot(state, vote.slot)
  if (vote.kind === 'skip') own.skip = true
  else own[vote.kind] = hashKey(vote.block)
  addVote(state, vote)
}

function recoverCandidate(state: ConsensusState, candidate: Candidate): void {
  if (!isOpen(state, candidate.epoch, candidate.slot)) return
  const slot = openSlot(state, candidate.slot)
  holdBlock(state, candidate).isPersisted = true
  slot.offered ??= candidate
  if (candidate.leader !== state.options.self) return
  slot.proposal = 'made'
  slot.offered = candidate
}

function recoverCertificate(state: ConsensusState, certificate: Certificate): void {
  if (isOpen(state, certificate.epoch, certificate.slot)) keepCertificate(state, certificate)
  recoverPrevious(state, certificate)
}

/** The newest final one of the epoch before leads those who still are in it to its end. */
function recoverPrevious(state: ConsensusState, certificate: Certificate): void {
  const { kind, epoch, slot } = certificate
  if (kind !== 'final' || epoch !== epochOf(state) - 1 || slot < (state.previousFinal?.slot ?? 0)) return
  state.previousFinal = certificate
}
