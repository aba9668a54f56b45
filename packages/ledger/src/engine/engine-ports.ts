import type { NodeId } from '@borgios/core'
import type { Block, BlockHeader, BlockRef, Certificate, EpochProof, FinalityProof } from '@borgios/protocol'
import type { Candidate } from '../consensus/candidate.ts'
import type { ConsensusRecord, Evidence } from '../consensus/consensus-io.ts'
import type { BlockRefusal } from '../execution/admission.ts'
import type { FinalOutcome } from './chain.ts'

/** Port: what a validator must not forget. */
export interface ConsensusLog {
  append(record: ConsensusRecord): void
  /** Resolves when everything appended so far is durable. Rejects for good when it cannot be: then nothing more may be said. */
  sync(): Promise<void>
}

/** Blocks that became final together, and why. */
export interface FinalGroup {
  readonly blocks: readonly Candidate[]
  /** Headers that lead from the last of them to the block the certificate is about. */
  readonly fillers: readonly Candidate[]
  readonly certificate: Certificate
}

/** Port: final blocks, for whoever catches up and for people. */
export interface BlockArchive {
  append(group: FinalGroup): void
  /** How an epoch ended: kept for good, for whoever comes late. One that is there already is left as it is. */
  appendEpoch(proof: EpochProof): void
  sync(): Promise<void>
  /** A final block that is still kept, by its hash. */
  find(block: BlockRef): Block | undefined
}

/** The state after a final block, fetched from others. */
export interface StateArrival {
  readonly height: number
  /** Why its block is final. */
  readonly proof: FinalityProof
  /** Makes it the state of the chain, and its block the first of the archive. Nothing else happens meanwhile. */
  install(): Promise<void>
}

/** One final block, as those who watch the ledger are told of it. */
export interface FinalBlockEvent extends FinalOutcome {
  readonly header: BlockHeader
  /** 32 bytes. */
  readonly hash: Uint8Array
  readonly transactions: readonly Uint8Array[]
}

/** Port: transactions for blocks. */
export interface TransactionSource {
  /** Whether anything waits to enter a block. */
  readonly isWaiting: boolean
  /** Candidates for a block on this parent, best first. */
  select(height: number, parent: Uint8Array): Iterable<Uint8Array>
  /** Candidates that did not get into the block that was made of them, and why. */
  leftOut(transactions: readonly { readonly transaction: Uint8Array; readonly why: BlockRefusal }[]): void
}

/** What a node that fell behind is asked to do. */
export interface CatchUpRequest {
  readonly fromHeight: number
  /** A final certificate of the epoch under way to get to. */
  readonly certificate: Certificate | undefined
  /** Who claims to be further. */
  readonly peers: readonly NodeId[]
}

/** Told to whoever opened the engine. */
export interface EngineListener {
  onFinal(block: FinalBlockEvent): void
  /** `node`: 32 bytes, whom it is against. */
  onEvidence(evidence: Evidence, node: Uint8Array): void
  onCatchUp(request: CatchUpRequest): void
  /** The chain goes on from a state that others sent: of the blocks before it nothing is told. */
  onStateArrived(): void
  /** The engine says nothing more; `why` is for people. */
  onHalted(why: string): void
}
