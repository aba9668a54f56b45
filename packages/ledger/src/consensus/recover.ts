import type { Certificate, Vote } from '@borgios/protocol'
import { holdBlock } from './blocks.ts'
import { type Candidate, type FinalBlock, hashKey } from './candidate.ts'
import { addVote, keepCertificate } from './certificates.ts'
import type { ConsensusRecord } from './consensus-io.ts'
import { type ConsensusState, createState, epochOf, openSlot } from './consensus-state.ts'
import type { EpochOptions } from './epoch-options.ts'
import { checkOwnShare } from './evidence.ts'

/**
 * The state of a validator that ran before, from its last durable final block and whatever stands in its log, any torn end left out. It
 * says nothing that contradicts what it said then: what it said was durable before. Records of closed slots and epochs do nothing; in an
 * epoch that is yet to come but was spoken in it stays silent, and in all before it.
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
  let hasSaidFinal = false
  for (const record of records) {
    hasSaidFinal ||= record.kind === 'vote' && isOnCertificate(record.vote, finalCertificate)
    if (record.kind === 'vote') recoverVote(state, record.vote)
    else if (record.kind === 'candidate') recoverCandidate(state, record.candidate)
    else if (record.kind === 'strangeVote') state.isMuted ||= record.vote.epoch === epochOf(state)
    else recoverCertificate(state, record.certificate)
    if (record.kind === 'vote' || record.kind === 'strangeVote') noteEpoch(state, record.vote)
  }
  state.isMuted ||= state.spokenEpoch > epochOf(state)
  // The log keeps at least the votes on the last durable final block: without ours it lost its end, and nobody knows how much of it.
  if (finalCertificate?.epoch === epochOf(state)) checkOwnShare(state, finalCertificate, hasSaidFinal)
  return state
}

const isOnCertificate = (vote: Vote, certificate: Certificate | undefined): boolean =>
  vote.kind === certificate?.kind && vote.epoch === certificate.epoch && vote.slot === certificate.slot

const isOpen = (state: ConsensusState, epoch: number, slot: number): boolean =>
  epoch === state.options.committee.epoch && slot > state.final.slot

/** An epoch is spoken in only when the end of the one before is durable: blocks were lost, and what the log says of later slots has no place here. */
function noteEpoch(state: ConsensusState, { epoch }: Vote): void {
  if (epoch > epochOf(state)) state.spokenEpoch = Math.max(state.spokenEpoch, epoch)
}

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
