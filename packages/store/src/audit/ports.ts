import type { NodeId, ShardId } from '@borgios/core'
import type { AuditAnswer } from '@borgios/protocol'
import type { AuditTarget } from './challenge.ts'

/** What draws the leaves of an epoch's audits. */
export interface BeaconValue {
  readonly epoch: number
  /** 32 bytes that nobody could know before the epoch and everybody can work out in it: the same for all, or an auditor's own. */
  readonly bytes: Uint8Array
}

/** Where the beacon comes from. */
export interface Beacon {
  /** Undefined as long as there is none. */
  current(): BeaconValue | undefined
}

/** What each node is said to hold. */
export interface AuditTargets {
  /** Shards of a node, or a part of them that the beacon draws. Throws if that cannot be found out now. */
  of(holder: NodeId, beacon: BeaconValue): Promise<readonly AuditTarget[]>
}

/** What one holder did in one audit: what was seen, no judgement. */
export interface AuditOutcome {
  readonly holder: NodeId
  readonly epoch: number
  /** Leaves asked for. 0: nothing is said to be held there, or that could not be found out. */
  readonly asked: number
  /** Leaves that were shown and lead to their shard's id. */
  readonly passed: number
  /** Shards that are not there, or of which a leaf was another. */
  readonly failedShards: readonly ShardId[]
  /** Shards that the holder says have another length than was asked about: one of both is wrong. */
  readonly disputedShards: readonly ShardId[]
  /** No whole, signed answer came in time; then nothing passed and nothing failed. */
  readonly silent: boolean
  /** Why it is silent, for people; empty otherwise. */
  readonly why: string
  /** What the holder signed; undefined if it is silent or nothing was asked. */
  readonly answer: AuditAnswer | undefined
}

export interface AuditRunOptions {
  /** Defaults to all nodes that are up and offer to store, less this one. */
  readonly holders?: readonly NodeId[]
  /** Leaves asked for of each, at most `limits.store.auditSamples`: that many if absent. */
  readonly samples?: number
}

/** Checks that others hold what they are said to hold. Runs only when asked to. */
export interface Audits {
  /**
   * Asks each holder once. One run after another: a holder answers one audit of an auditor at a time. Throws STORE_NO_BEACON and
   * STORE_STOPPED; what holders do is in the outcomes.
   */
  run(options?: AuditRunOptions): Promise<readonly AuditOutcome[]>
}
