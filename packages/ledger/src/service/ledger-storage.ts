import type { ConsensusRecord } from '../consensus/consensus-io.ts'
import type { BlockArchive, ConsensusLog } from '../engine/engine-ports.ts'
import type { TrackerChange } from '../mempool/transaction-tracker.ts'
import type { FinalState } from '../state/final-state.ts'
import type { BlockReader } from '../sync/block-server.ts'

/** Port: records of transactions that users of this node watch. */
export interface TrackerRecords {
  /** Of earlier processes. */
  read(): Iterable<Uint8Array>
  /** Resolves when they are durable. */
  write(changes: readonly TrackerChange[]): Promise<void>
}

/** Everything the ledger keeps on disk. */
export interface LedgerStorage {
  readonly state: FinalState
  readonly log: ConsensusLog & {
    /** What stands in it since the start. */
    readonly records: Iterable<ConsensusRecord>
  }
  readonly archive: BlockArchive & BlockReader
  readonly tracked: TrackerRecords
  /** Makes final blocks and then the state durable, and drops what is not needed any more. */
  save(final: { readonly epoch: number; readonly slot: number }): Promise<void>
  close(): Promise<void>
}
