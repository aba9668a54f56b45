import { limits } from '@borgios/core'
import type { Committee } from '@borgios/protocol'

const bounds = limits.ledgerConsensus

/** How long things may take. All in milliseconds but for the growth. */
export interface Timing {
  /** A leader's time for its slot, from when there is work. */
  readonly skipMs: number
  /** By so much it grows for each slot without a final block. */
  readonly skipGrowth: number
  readonly maxSkipMs: number
  /** An idle network makes a block this often. */
  readonly idleMs: number
  /** How long a notarised block may take to become final before an empty one is put on top. */
  readonly settleMs: number
  /** Without progress for so long a node says where it stands. */
  readonly standstillMs: number
}

export const defaultTiming: Timing = {
  skipMs: bounds.skipMs,
  skipGrowth: bounds.skipGrowth,
  maxSkipMs: bounds.maxSkipMs,
  idleMs: bounds.idleMs,
  settleMs: bounds.settleMs,
  standstillMs: bounds.standstillMs,
}

/** What holds for one epoch. */
export interface EpochOptions {
  readonly committee: Committee
  /** 32 bytes, the epoch's public randomness: sets the order of leaders. */
  readonly beacon: Uint8Array
  /** This node's position in the committee; undefined: it only follows. */
  readonly self: number | undefined
  readonly timing: Timing
}
