import type { NodeId } from '@borgios/core'
import type { BucketRange } from '../state/state-import.ts'

/** Port: a state on its way in. */
export interface ArrivingState {
  /** The first bucket from this one on that is missing. */
  nextMissing(from?: number): number | undefined
  /** Takes a part; it is durable when this resolves. Throws LEDGER_CHUNK_FALSE, LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  add(chunk: Uint8Array): Promise<BucketRange>
  /** Once nothing is missing. Returns what makes it the state of the chain. */
  complete(): Promise<() => Promise<void>>
}

/** Whom a state is fetched from, and how far it must bring this node. */
export interface StateQuest {
  readonly peer: NodeId
  /** Others who may have the same state. */
  readonly others: readonly NodeId[]
  /** Blocks above this node's. */
  readonly leastBlocks: number
  /** A node sent what is false, or was too slow. */
  readonly onFault: (node: NodeId) => void
  readonly signal: AbortSignal
}
