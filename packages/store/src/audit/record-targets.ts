import { encodeBase32, limits, NodeId, type ShardId } from '@borgios/core'
import { type RecordId, taggedHash } from '@borgios/protocol'
import type { ShardStore } from '../shards/shard-store.ts'
import type { ShardClient } from '../transfer/shard-client.ts'
import type { AuditTarget } from './challenge.ts'
import type { AuditTargets, BeaconValue } from './ports.ts'

export interface RecordTargetsModules {
  readonly self: NodeId
  readonly shards: Pick<ShardStore, 'record' | 'recordsAfter'>
  readonly client: Pick<ShardClient, 'have'>
}

/**
 * What a node itself says it holds of the stripes of which this node has the records: its word, and lengths that whoever put the stripe
 * said. Enough to find what rots or is only claimed; who owes what is for a ledger to say.
 */
export class RecordTargets implements AuditTargets {
  readonly #modules: RecordTargetsModules

  constructor(modules: RecordTargetsModules) {
    this.#modules = modules
  }

  async of(holder: NodeId, beacon: BeaconValue): Promise<readonly AuditTarget[]> {
    const bytesOf = this.#shards(beacon)
    const asked = [...bytesOf.keys()]
    const targets: AuditTarget[] = []
    const { shardsPerQuestion } = limits.store
    for (let at = 0; at < asked.length; at += shardsPerQuestion) {
      const held = await this.#modules.client.have(holder, asked.slice(at, at + shardsPerQuestion), false)
      targets.push(...held.map((shard) => ({ shard, bytes: bytesOf.get(shard) ?? 0 })))
    }
    return targets
  }

  /** Shards of some stripes, with their lengths. One of which records say different lengths is left out: one of them is false. */
  #shards(beacon: BeaconValue): ReadonlyMap<ShardId, number> {
    const bytesOf = new Map<ShardId, number>()
    const unclear = new Set<ShardId>()
    for (const id of this.#drawn(beacon)) {
      const record = this.#modules.shards.record(id)
      for (const shard of record?.shards ?? []) {
        const bytes = record?.shardBytes ?? 0
        if ((bytesOf.get(shard) ?? bytes) !== bytes) unclear.add(shard)
        bytesOf.set(shard, bytes)
      }
    }
    for (const shard of unclear) bytesOf.delete(shard)
    return bytesOf
  }

  /** Records in the order of their ids, which are hashes, from a point on that the beacon draws for this node. */
  #drawn({ bytes }: BeaconValue): ReadonlySet<RecordId> {
    const { shards, self } = this.#modules
    const from = encodeBase32(taggedHash('audit-records', bytes, NodeId.toBytes(self)))
    const { auditRecords } = limits.store
    const after = shards.recordsAfter(from, auditRecords)
    return new Set([...after, ...shards.recordsAfter(undefined, auditRecords - after.length)])
  }
}
