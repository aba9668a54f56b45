import type { SeededRandom } from '@borgios/core/testing'
import type { Candidate, ConsensusEffect, ConsensusMessage, ConsensusState } from '@borgios/ledger'
import type { BlockRef, Vote, VoteSubject } from '@borgios/protocol'
import type { SignatureBook } from './signature-book.ts'

export type ProposeEffect = Extract<ConsensusEffect, { kind: 'propose' }>

/** What a behaviour sees of a host. */
export interface Actor {
  readonly state: ConsensusState | undefined
}

/** Where a block shall stand. */
export interface Place {
  readonly slot: number
  readonly parent: BlockRef
  readonly height: number
  readonly isFiller: boolean
  /** It does not execute. */
  readonly isInvalid?: boolean
}

/** What a behaviour can do in its world. */
export interface Stage {
  readonly random: SeededRandom
  readonly hosts: readonly Actor[]
  readonly book: SignatureBook
  makeCandidate(host: Actor, place: Place): Candidate
  castVote(host: Actor, subject: VoteSubject): Vote
  carry(from: Actor, to: Actor, message: ConsensusMessage): void
}

/** How a Byzantine host differs from an honest one. Its core runs as anybody's; what it says besides is its own. */
export interface Behaviour {
  readonly name: string
  /** Says nothing at all. */
  readonly isSilent?: boolean
  /** Runs twice with one key. */
  readonly isTwin?: boolean
  /** Gives nobody the bodies it has. */
  readonly withholds?: boolean
  /** In its turn, instead of the block its core asked for. */
  readonly propose?: (world: Stage, host: Actor, effect: ProposeEffect) => void
  /** Whether a message of its core goes out to this receiver. */
  readonly sends?: (world: Stage, message: ConsensusMessage, to: Actor) => boolean
  /** When it hears of something. */
  readonly hears?: (world: Stage, host: Actor, message: ConsensusMessage) => void
  /** Every `ACT_MS`. */
  readonly acts?: (world: Stage, host: Actor) => void
}

/** How often a behaviour acts by itself. */
export const ACT_MS = 50
