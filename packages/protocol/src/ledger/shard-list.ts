import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter, compareBytes } from './bytes.ts'
import { HASH_BYTES, taggedHash } from './hashes.ts'

/** A shard that a node holds for a lease. */
export interface ListedShard {
  /** 32 bytes: its Merkle root. */
  readonly shard: Uint8Array
  readonly bytes: number
}

const ENTRY_BYTES = HASH_BYTES + 4

/** The shards of one node in one lease, in the order of their ids: what auditors ask the node for. */
export function encodeShardList(shards: readonly ListedShard[]): Uint8Array {
  const writer = new ByteWriter(shards.length * ENTRY_BYTES)
  for (const { shard, bytes } of shards) writer.fixed(shard).u32(bytes)
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED unless the ids rise. */
export function decodeShardList(bytes: Uint8Array): readonly ListedShard[] {
  const reader = new ByteReader(bytes)
  const shards: ListedShard[] = []
  while (reader.leftBytes > 0) {
    const one = { shard: reader.fixed(HASH_BYTES), bytes: reader.u32() }
    const last = shards.at(-1)
    if (last !== undefined && compareBytes(last.shard, one.shard) >= 0) throw malformed('shards that do not rise')
    shards.push(one)
  }
  return shards
}

/** What a lease says of such a list. */
export const shardListHash = (shards: readonly ListedShard[]): Uint8Array =>
  taggedHash('shard-list', encodeShardList(shards))
