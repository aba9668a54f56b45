import { hash } from 'node:crypto'
import { canonicalJsonBytes, encodeBase32, limits, ShardId } from '@borgios/core'
import { type RecordId, SHARD_UNIT_BYTES, type StripeRecord } from '@borgios/protocol'
import { badCoding } from '../errors.ts'
import type { Coding } from '../file-store.ts'

export const recordIdOf = (record: StripeRecord): RecordId =>
  encodeBase32(hash('sha256', canonicalJsonBytes(record), 'buffer'))

/** The record of something kept as whole copies, such as a manifest page. */
export const recordOfCopies = (shard: ShardId, shardBytes: number, copies: number): StripeRecord => ({
  data: 1,
  parity: copies - 1,
  shardBytes,
  shards: Array.from({ length: copies }, () => shard),
})

/** What the schema cannot say: numbers that fit together, canonical ids, copies equal and coded shards distinct. */
export function isSoundRecord(record: StripeRecord): boolean {
  const { data, parity, shardBytes, shards } = record
  const distinct = new Set(shards).size
  return (
    shards.length === data + parity &&
    shards.every((shard) => ShardId.is(shard)) &&
    (data === 1 ? distinct === 1 : distinct === shards.length && shardBytes % SHARD_UNIT_BYTES === 0)
  )
}

/** Throws STORE_BAD_CODING. */
export function assertUsableCoding({ data, parity }: Coding): void {
  if (!Number.isInteger(data) || !Number.isInteger(parity) || data < 1 || parity < 0) {
    throw badCoding('it takes at least one data shard and zero or more parity shards, such as 3+2')
  }
  if (data + parity > limits.store.maxStripeShards) {
    throw badCoding(`a stripe has at most ${limits.store.maxStripeShards} shards`)
  }
}

/** The shard size for a stripe of so many plain bytes: no more than it takes, so small files stay small. */
export const shardBytesFor = (plainBytes: number, data: number): number =>
  Math.ceil(plainBytes / data / SHARD_UNIT_BYTES) * SHARD_UNIT_BYTES
