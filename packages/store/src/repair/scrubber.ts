import { type Clock, type Logger, messageOf, type ShardId, type Timers } from '@borgios/core'
import type { ShardStore } from '../shards/shard-store.ts'
import { defaultTimings, type RepairTimings } from './repair-timings.ts'

export interface ScrubberModules {
  readonly shards: ShardStore
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** Reads all shards of this node back, slowly and over and over, so that damage is found while it can be repaired. */
export class Scrubber {
  readonly #modules: ScrubberModules
  readonly #timings: RepairTimings
  #cancelTimer: () => void = () => undefined
  #reading: Promise<void> | undefined
  #last: ShardId | undefined
  #roundStartMs: number
  #isStopped = false

  constructor(modules: ScrubberModules, timings: Partial<RepairTimings>) {
    this.#modules = modules
    this.#timings = { ...defaultTimings, ...timings }
    this.#roundStartMs = modules.clock.monotonicMs()
  }

  start(): void {
    this.#after(this.#timings.scrubPauseMs)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelTimer()
    await this.#reading
  }

  #after(delayMs: number): void {
    if (this.#isStopped) return
    this.#cancelTimer = this.#modules.timers.after(delayMs, () => {
      this.#reading = this.#step()
    })
  }

  async #step(): Promise<void> {
    const { shards, clock, logger } = this.#modules
    const [shard] = shards.shardsAfter(this.#last, 1)
    this.#last = shard
    if (shard === undefined) {
      const nowMs = clock.monotonicMs()
      const restMs = Math.max(this.#timings.scrubPauseMs, this.#roundStartMs + this.#timings.scrubRoundMs - nowMs)
      this.#roundStartMs = nowMs + restMs
      this.#after(restMs)
      return
    }
    try {
      await shards.verify(shard)
    } catch (error) {
      logger.warn('a stored shard could not be checked', { shard, why: messageOf(error) })
    }
    this.#after(this.#timings.scrubPauseMs)
  }
}
