import { messageOf } from '@borgios/core'
import type { RecordId, StripeRecord } from '@borgios/protocol'
import type { Placed } from '../manifest/manifest-writer.ts'
import { type Candidate, Placement } from '../placement/placement.ts'
import type { StoreContext } from './store-context.ts'

export interface ShardsToPlace {
  readonly id: RecordId
  readonly record: StripeRecord
  /** Positions that need a node. */
  readonly positions: readonly number[]
  readonly bytesOf: (position: number) => Uint8Array
  /** Who has shards of this stripe already. */
  readonly holders?: readonly Candidate[]
}

export interface PlacedShards {
  /** For each of the positions, in their order. */
  readonly holders: readonly Placed[]
  /** Why nodes did not take theirs. */
  readonly causes: readonly string[]
}

/** Stores shards of one stripe on distinct nodes and operators, going on to the next node where one fails. Never throws. */
export async function placeShards(context: StoreContext, work: ShardsToPlace): Promise<PlacedShards> {
  const { holders, failedNodes, logger } = context
  const candidates = holders.candidates().filter(({ node }) => !failedNodes.has(node))
  const placement = new Placement(work.id, candidates, work.holders)
  const causes: string[] = []
  const placeOne = async (position: number): Promise<Placed> => {
    const shard = work.record.shards[position]
    for (let target = placement.next(); shard !== undefined && target !== undefined; target = placement.next()) {
      try {
        await holders.put(target.node, shard, work.record, work.bytesOf(position))
        return target.node
      } catch (error) {
        logger.warn('a node did not take a shard', { node: target.node, why: messageOf(error) })
        failedNodes.add(target.node)
        placement.failed(target)
        causes.push(messageOf(error))
      }
    }
    return undefined
  }
  return { holders: await Promise.all(work.positions.map(placeOne)), causes }
}
