import type { RecordId, StripeRecord } from '@borgios/protocol'
import { type NodeFailure, nodeFailure } from '../errors.ts'
import type { Placed } from '../manifest/manifest-writer.ts'
import { type Candidate, Placement } from '../placement/placement.ts'
import type { PutTicket } from './put-ticket.ts'
import type { StoreContext } from './store-context.ts'

export interface ShardsToPlace {
  readonly id: RecordId
  readonly record: StripeRecord
  /** Positions that need a node. */
  readonly positions: readonly number[]
  readonly bytesOf: (position: number) => Uint8Array
  /** Who has shards of this stripe already. */
  readonly holders?: readonly Candidate[]
  /** The put they belong to; a repair has none. */
  readonly ticket?: PutTicket
}

export interface PlacedShards {
  /** For each of the positions, in their order. */
  readonly holders: readonly Placed[]
  /** Nodes that did not take theirs, or were not asked since they failed lately. */
  readonly failures: readonly NodeFailure[]
}

/**
 * Stores shards of one stripe on distinct nodes and operators, going on to the next node where one fails, until the put is given up.
 * Never throws.
 */
export async function placeShards(context: StoreContext, work: ShardsToPlace): Promise<PlacedShards> {
  const { holders, failedNodes, logger } = context
  const { id, record, ticket } = work
  const candidates = holders.candidates()
  const failures = candidates.flatMap(({ node }) => failedNodes.get(node) ?? [])
  const usable = candidates.filter(({ node }) => failedNodes.get(node) === undefined)
  const placement = new Placement(id, usable, work.holders)
  const placeOne = async (position: number): Promise<Placed> => {
    const shard = record.shards[position]
    while (shard !== undefined && ticket?.signal.aborted !== true) {
      const target = placement.next()
      if (target === undefined) return undefined
      const { node } = target
      ticket?.given.add(node)
      try {
        const receipt = await holders.put(node, { shard, record, put: ticket?.put }, work.bytesOf(position))
        ticket?.onStored(receipt)
        return node
      } catch (error) {
        const failure = nodeFailure(node, error, record.shardBytes)
        logger.warn('a node did not take a shard', { node, why: failure.why })
        failedNodes.add(failure)
        failures.push(failure)
        placement.failed(target)
      }
    }
    return undefined
  }
  return { holders: await Promise.all(work.positions.map(placeOne)), failures }
}
