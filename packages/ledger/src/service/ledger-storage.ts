import type { BlockArchive, ConsensusLog } from '../engine/engine-ports.ts'
import type { LoggedRecord } from '../journal/consensus-log.ts'
import type { SlotPlace } from '../journal/journal.ts'
import type { TrackerChange } from '../mempool/transaction-tracker.ts'
import type { FinalState } from '../state/final-state.ts'
import type { KeptBlocks } from '../sync/block-server.ts'
import type { StateStore } from '../sync/state-client.ts'

/** Port: records of transactions that users of this node watch. */
export interface TrackerRecords {
  /** Of earlier processes. */
  read(): Iterable<Uint8Array>
  /** Resolves when they are durable. */
  write(changes: readonly TrackerChange[]): Promise<void>
}

/** Everything the ledger keeps on disk. */
export interface LedgerStorage {
  /** That of genesis or later. */
  readonly state: FinalState
  readonly log: ConsensusLog
  /** What stood in the log at the start: can be gone through once, and is forgotten then. */
  readonly logged: Iterable<LoggedRecord>
  readonly archive: BlockArchive
  readonly blocks: KeptBlocks
  /** How epochs ended. */
  readonly epochs: StateStore['epochs']
  readonly tracked: TrackerRecords
  /** See {@link StateStore.receive}. */
  receive: StateStore['receive']
  /** Forgets blocks below this height, as far as the saved state has no need of them. */
  prune(below: number): Promise<void>
  /** Makes final blocks durable, and forgets what consensus no longer needs. */
  sync(final: SlotPlace): Promise<void>
  /** Makes the state durable, after the blocks that led to it. */
  save(): Promise<void>
  close(): Promise<void>
}
