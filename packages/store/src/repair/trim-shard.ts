import { messageOf, type NodeId, type ShardId } from '@borgios/core'
import type { StripeRecord } from '@borgios/protocol'
import type { StoreContext } from '../files/store-context.ts'
import type { ShardStore } from '../shards/shard-store.ts'
import type { RepairPlan } from './repair-plan.ts'

export interface TrimModules extends StoreContext {
  readonly shards: ShardStore
}

/** Gives up a shard that is in the way, but only once one of its keepers has shown that it really holds it. */
export async function trimShard(
  modules: TrimModules,
  record: StripeRecord,
  { shard, keepers }: Extract<RepairPlan, { kind: 'trim' }>,
): Promise<void> {
  for (const node of keepers) {
    if (await hasShard(modules, node, shard, record.shardBytes)) {
      await modules.shards.discard(shard)
      return
    }
  }
}

async function hasShard(
  { holders, codec, logger }: TrimModules,
  node: NodeId,
  shard: ShardId,
  shardBytes: number,
): Promise<boolean> {
  try {
    using lent = await holders.get(node, shard, shardBytes)
    if ((await codec.name(lent.bytes)) === shard) return true
    holders.suspect(node, shard)
  } catch (error) {
    logger.debug('a node does not give a shard that it said it holds', { node, shard, why: messageOf(error) })
  }
  return false
}
