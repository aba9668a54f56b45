import {
  type Block,
  type Certificate,
  decodeBlock,
  decodeCertificate,
  decodeVote,
  encodeBlock,
  encodeCertificate,
  encodeVote,
  malformed,
  type Vote,
} from '@borgios/protocol'
import type { ConsensusRecord } from '../consensus/consensus-io.ts'
import type { ConsensusLog } from '../engine/engine-ports.ts'
import type { Journal } from './journal.ts'
import type { JournalRecord } from './segment-codec.ts'

/** A record as it is read back: what a block is to consensus, the rules of its epoch say. */
export type LoggedRecord =
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'candidate'; readonly block: Block }
  | { readonly kind: 'strangeVote'; readonly vote: Vote }

const VOTE = 1
const CERTIFICATE = 2
const BLOCK = 3
const STRANGE_VOTE = 4
/** Above all slots: it counts to the end of its epoch. */
const WHOLE_EPOCH = Number.MAX_SAFE_INTEGER

/** The journal as consensus sees it. */
export class JournalConsensusLog implements ConsensusLog {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  append(record: ConsensusRecord): void {
    this.#journal.append(journalRecordOf(record))
  }

  sync(): Promise<void> {
    return this.#journal.sync()
  }
}

function journalRecordOf(record: ConsensusRecord): JournalRecord {
  switch (record.kind) {
    case 'vote': {
      const { epoch, slot } = record.vote
      return { kind: VOTE, epoch, position: slot, payload: encodeVote(record.vote) }
    }
    case 'certificate': {
      const { epoch, slot } = record.certificate
      return { kind: CERTIFICATE, epoch, position: slot, payload: encodeCertificate(record.certificate) }
    }
    case 'candidate': {
      const { epoch, slot, block } = record.candidate
      return { kind: BLOCK, epoch, position: slot, payload: encodeBlock(block) }
    }
    case 'strangeVote': {
      const { vote } = record
      return { kind: STRANGE_VOTE, epoch: vote.epoch, position: WHOLE_EPOCH, payload: encodeVote(vote) }
    }
  }
}

/** Throws PROTOCOL_MALFORMED for what {@link JournalConsensusLog} did not write. */
export function readLogged({ kind, payload }: JournalRecord): LoggedRecord {
  switch (kind) {
    case VOTE:
      return { kind: 'vote', vote: decodeVote(payload) }
    case CERTIFICATE:
      return { kind: 'certificate', certificate: decodeCertificate(payload) }
    case BLOCK:
      return { kind: 'candidate', block: decodeBlock(payload) }
    case STRANGE_VOTE:
      return { kind: 'strangeVote', vote: decodeVote(payload) }
    default:
      throw malformed(`a record of kind ${kind}, which this version does not know`)
  }
}
