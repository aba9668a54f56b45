import { limits } from '@borgios/core'

/** How fast a store looks after its stripes. Milliseconds each. */
export interface RepairTimings {
  /** A member that is down for less may be restarting: its shards are not rebuilt. */
  readonly graceMs: number
  /** Random delay before a check, at most. */
  readonly jitterMs: number
  /** All stripes are looked through this often. */
  readonly sweepMs: number
  /** How long each holder leaves a repair to the one before it in line. */
  readonly patienceMs: number
  /** Rest after each repaired stripe. */
  readonly pauseMs: number
  /** Rest after each shard the scrub reads. */
  readonly scrubPauseMs: number
  /** A scrub begins at most this often. */
  readonly scrubRoundMs: number
}

export const defaultTimings: RepairTimings = {
  graceMs: limits.store.repairGraceMs,
  jitterMs: limits.store.repairJitterMs,
  sweepMs: limits.store.repairSweepMs,
  patienceMs: limits.store.repairPatienceMs,
  pauseMs: limits.store.repairPauseMs,
  scrubPauseMs: limits.store.scrubPauseMs,
  scrubRoundMs: limits.store.scrubRoundMs,
}
