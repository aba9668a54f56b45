import { assert } from '@borgios/core'
import type { RecordId, StripeRecord } from '@borgios/protocol'
import { falseRecord } from '../errors.ts'
import { fetchCopy } from '../files/fetch-copy.ts'
import { ShardGathering } from '../files/gather-shards.ts'
import { placeShards } from '../files/place-shards.ts'
import type { StoreContext } from '../files/store-context.ts'
import type { RepairPlan } from './repair-plan.ts'

export interface StripeToRebuild {
  readonly id: RecordId
  readonly record: StripeRecord
  readonly plan: Extract<RepairPlan, { kind: 'rebuild' }>
}

/**
 * Makes the missing shards of a stripe and stores them on nodes that hold none of it. Returns how many still have no node.
 * Throws STORE_UNREADABLE, or STORE_FALSE_RECORD if the shards do not belong together.
 */
export async function rebuildStripe(context: StoreContext, work: StripeToRebuild): Promise<number> {
  const { data, shardBytes } = work.record
  if (data > 1) return rebuildCoded(context, work)
  const page = work.record.shards[0]
  assert(page !== undefined, 'a stripe has shards')
  const copy = await fetchCopy(context, { page, bytes: shardBytes, holders: work.plan.sources })
  return place(context, work, () => copy)
}

function rebuildCoded(context: StoreContext, work: StripeToRebuild): Promise<number> {
  const { id, record, plan } = work
  const { shardBytes, shards } = record
  const coding = { data: record.data, parity: record.parity }
  return context.codec.slots.with(async (region) => {
    const what = `stripe record ${id.slice(0, 8)}`
    const gathering = new ShardGathering(context, { what, coding, shardBytes, shards, holders: plan.sources, region })
    try {
      for (;;) {
        const given = await gathering.gather()
        const wanted = plan.missing.filter((position) => !given.some((one) => one.position === position))
        const made = await context.codec.rebuild({ address: region.address, coding, shardBytes }, given, wanted)
        if (made.outcome === 'wrong-shards') {
          gathering.reject(made.positions)
          continue
        }
        // Only then do the shards fit one another: whoever wrote the record may have lied about the parity.
        if (wanted.some((position, index) => made.shards[index] !== shards[position])) throw falseRecord(id)
        // Answers that come late must not overwrite what is being sent.
        gathering.close()
        const bytesOf = (position: number): Uint8Array =>
          region.bytes.subarray(position * shardBytes, (position + 1) * shardBytes)
        return await place(context, { ...work, plan: { ...plan, missing: wanted } }, bytesOf)
      }
    } finally {
      gathering.close()
    }
  })
}

async function place(
  context: StoreContext,
  { id, record, plan }: StripeToRebuild,
  bytesOf: (position: number) => Uint8Array,
): Promise<number> {
  const positions = plan.missing
  const placed = await placeShards(context, { id, record, positions, bytesOf, holders: plan.holders })
  return placed.holders.filter((holder) => holder === undefined).length
}
