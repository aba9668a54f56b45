import { encodeBase32, type NodeId, type Random } from '@borgios/core'
import type { PutId, ShardReceipt } from '@borgios/protocol'

const PUT_ID_BYTES = 16

/** A put under way, as those who store its shards know it. */
export interface PutTicket {
  readonly put: PutId
  /** Nodes that were given shards, also ones that never answered: each may hold some. */
  readonly given: Set<NodeId>
  /** Aborted when the put is given up. */
  readonly signal: AbortSignal
  /** Told of each shard that became durable. */
  onStored: (receipt: ShardReceipt) => void
}

export const newTicket = (random: Random, signal: AbortSignal): PutTicket => ({
  put: encodeBase32(random.bytes(PUT_ID_BYTES)),
  given: new Set(),
  signal,
  onStored: () => undefined,
})
