import type { PutId, ShardReceipt } from '@borgios/protocol'
import type { Coding } from './coding/coding.ts'

/** What a put wants kept. */
export interface LeaseWish {
  /** Unique among the puts of this node. */
  readonly put: PutId
  /** Plain bytes; undefined where the source does not say. */
  readonly bytes: number | undefined
  readonly coding: Coding
  readonly keepForMs: number
}

/**
 * What was set aside for one put. The store calls `settle` when all of the file is durable, and `refund` when the put failed or `settle`
 * did: of the two exactly one takes effect.
 */
export interface LeaseHold {
  /** Plain bytes that it covers: a source that brings more is not stored. */
  readonly maxBytes: number
  /** A shard of the file is durable: told of each as it comes, also of ones of a put that fails in the end. Must not throw. */
  stored(receipt: ShardReceipt): void
  /** What was stored is to be paid for. Resolves once that stands; when it rejects it must not happen any more. */
  settle(): Promise<void>
  /** Nothing is to be paid. Called once; when it rejects, the hold has to run out by itself. */
  refund(reason: Error): Promise<void>
}

/** Who pays for what is stored: a port. */
export interface StorageLeases {
  /** Sets aside what a put will cost. When it rejects, also since the signal aborted, nothing is held and nothing is stored. */
  hold(wish: LeaseWish, signal: AbortSignal): Promise<LeaseHold>
  /** Holds of puts of this node that ended with an earlier process of it. Asked for once, at the start. */
  left(): Promise<readonly LeaseHold[]>
}

/** Storing costs nothing. */
export const freeLeases: StorageLeases = {
  hold: async () => ({
    maxBytes: Number.POSITIVE_INFINITY,
    stored: () => undefined,
    settle: async () => undefined,
    refund: async () => undefined,
  }),
  left: async () => [],
}
