import type { NodeId } from '@borgios/core'
import type { BlockRef, Certificate, Vote, VoteSubject } from '@borgios/protocol'
import type { Candidate, FinalBlock } from './candidate.ts'
import type { EpochOptions } from './epoch-options.ts'

/** Where a node stands: whoever is further answers with what is missing. Nobody's signed word, only ever a hint. */
export interface Status {
  readonly epoch: number
  /** Slot of its last final block. */
  readonly finalSlot: number
  /** The least slot above it without a certificate that ends it. */
  readonly currentSlot: number
}

/** What nodes tell each other. All but a status was checked before the core sees it. */
export type ConsensusMessage =
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  | { readonly kind: 'status'; readonly status: Status }

/** What the log keeps, in the order of its writing. Records below the slot of the last durable final certificate may be dropped. */
export type ConsensusRecord =
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'candidate'; readonly candidate: Candidate }
  /** By our key, and none of ours. */
  | { readonly kind: 'strangeVote'; readonly vote: Vote }

/** Two signed statements that no honest validator makes both of: proof by itself. */
export type Evidence =
  | { readonly kind: 'votes'; readonly offender: number; readonly first: Vote; readonly second: Vote }
  | { readonly kind: 'candidates'; readonly offender: number; readonly first: Candidate; readonly second: Candidate }

export type ConsensusEvent =
  /** Begin: nothing is said before. */
  | { readonly kind: 'start' }
  /** The moment of the last `wake` has come; at any other time it does no harm. */
  | { readonly kind: 'tick' }
  /** Whether anything waits to enter a block. */
  | { readonly kind: 'work'; readonly isWaiting: boolean }
  /**
   * A message of this epoch whose signatures stood: a vote's, every one of a certificate's, with a quorum's weight, a candidate's by the
   * leader it names. A status as it came, of any epoch.
   */
  | { readonly kind: 'received'; readonly from: NodeId; readonly message: ConsensusMessage }
  /** A peer speaks of an epoch that cannot be checked here yet. */
  | { readonly kind: 'peerAhead'; readonly from: NodeId; readonly epoch: number }
  /** Answer to `vote`: signed and durable. */
  | { readonly kind: 'voted'; readonly vote: Vote }
  /** Answer to `propose`: built, signed, executed and durable. */
  | { readonly kind: 'proposed'; readonly candidate: Candidate }
  /** Answer to `execute`. Not ok: no honest leader made this. */
  | { readonly kind: 'executed'; readonly block: BlockRef; readonly isOk: boolean }
  /** The shell itself brought the chain up to a final block of this epoch, durably. */
  | {
      readonly kind: 'caughtUp'
      readonly final: FinalBlock
      readonly isLast: boolean
      readonly certificate: Certificate
    }
  /** The last block of an epoch is durable, so the next one is known. `final` is that block with slot -1, or one caught up to. */
  | {
      readonly kind: 'epochBegan'
      readonly options: EpochOptions
      readonly final: FinalBlock
      readonly certificate: Certificate | undefined
    }

/** What the shell shall do, in this order. */
export type ConsensusEffect =
  /** Sign this, append it to the log, sync, and only then answer `voted`. Never sign twice what conflicts; the core never asks for it. */
  | { readonly kind: 'vote'; readonly subject: VoteSubject }
  /** Append to the log before any later `vote` is: the sync of that vote makes it durable too. */
  | { readonly kind: 'persist'; readonly record: ConsensusRecord }
  /** To one node, or to all validators (and to whoever follows this node). May be lost. */
  | { readonly kind: 'send'; readonly to: NodeId | 'all'; readonly message: ConsensusMessage }
  /** Build a block for this slot, execute and sign it, make it durable in the log, answer `proposed`. */
  | {
      readonly kind: 'propose'
      readonly slot: number
      readonly parent: BlockRef
      /** Height of the block to make. */
      readonly height: number
      readonly isFiller: boolean
    }
  /** Execute on top of its parent, which is executed or final; answer `executed`. */
  | { readonly kind: 'execute'; readonly candidate: Candidate }
  /** Ask somebody for the block; `holders` (positions in the committee) should have it. Give it as `received`. Asked again if it does not come. */
  | { readonly kind: 'fetch'; readonly block: BlockRef; readonly holders: readonly number[]; readonly attempt: number }
  /**
   * These blocks are final, in this order, each the parent of the next. Make them durable with the certificate and apply those above the
   * last final height. `fillers` lead from the last of them to the block the certificate is about.
   */
  | {
      readonly kind: 'commit'
      readonly blocks: readonly Candidate[]
      readonly fillers: readonly Candidate[]
      readonly certificate: Certificate
    }
  /** Somebody broke the rules; once for each offender and epoch. */
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  /**
   * This node is far behind: get final blocks in bulk from height `fromHeight` on, then say `caughtUp` or `epochBegan`. `certificate`: a
   * final one of this epoch to get to; `peers` claim to be further. Repeated while it lasts; ignore it while at it.
   */
  | {
      readonly kind: 'catchUp'
      readonly fromHeight: number
      readonly certificate: Certificate | undefined
      readonly peers: readonly NodeId[]
    }
  /** What a quorum finalised contradicts this node's chain or does not execute here: stop and call for people. Nothing is said any more. */
  | { readonly kind: 'diverged'; readonly why: string; readonly certificate: Certificate }
  /** Somebody else signs with this validator's key, or its log was lost. It says nothing more in this epoch. */
  | { readonly kind: 'keyUsedElsewhere'; readonly vote: Vote }
  /** Give a `tick` then, by the clock of the steps. Replaces the one before; undefined: none is needed. */
  | { readonly kind: 'wake'; readonly atMs: number | undefined }
