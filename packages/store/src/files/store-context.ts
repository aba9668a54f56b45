import type { Clock, Logger, Random, Timers } from '@borgios/core'
import type { Holders } from '../transfer/holders.ts'
import type { CodecPool } from '../workers/codec-pool.ts'
import type { FailedNodes } from './failed-nodes.ts'
import type { ReadAhead } from './read-ahead.ts'

/** What reading, writing and repairing files work with. */
export interface StoreContext {
  readonly holders: Holders
  readonly codec: CodecPool
  readonly failedNodes: FailedNodes
  readonly readAhead: ReadAhead
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}
