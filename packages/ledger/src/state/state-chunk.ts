import { limits } from '@borgios/core'
import { ByteReader, ByteWriter, compareBytes, HASH_BYTES, malformed, STATE_TREE_DEPTH } from '@borgios/protocol'
import { EMPTY_BUCKET } from './bucket.ts'
import { leavesOf, rootAbove, subtreeRoot } from './bucket-tree.ts'
import { chunkFalse } from './errors.ts'

/** Consecutive buckets that are a whole subtree of the state, and the way from there to the root. */
export interface StateChunk {
  /** Levels of the subtree: it has 2^level buckets. */
  readonly level: number
  /** Which of the subtrees of this size. */
  readonly index: number
  readonly buckets: readonly Uint8Array[]
  /** From the subtree's neighbour up. */
  readonly siblings: readonly Uint8Array[]
}

/** Level u8, index u16, siblings, number of buckets that are not empty u32, and of each: place u16, its length u32, its bytes. */
export function encodeChunk({ level, index, buckets, siblings }: StateChunk): Uint8Array {
  const writer = new ByteWriter(limits.ledgerState.chunkBytes).u8(level).u16(index)
  for (const sibling of siblings) writer.fixed(sibling)
  writer.u32(buckets.filter(({ length }) => length > 0).length)
  for (const [place, bucket] of buckets.entries()) if (bucket.length > 0) writer.u16(place).bytes(bucket)
  return writer.finish()
}

function decodeChunk(bytes: Uint8Array): StateChunk {
  if (bytes.length > limits.ledgerState.maxChunkBytes) throw malformed('a part of the state that is too large')
  const reader = new ByteReader(bytes)
  const level = reader.u8()
  if (level > STATE_TREE_DEPTH) throw malformed('a subtree higher than the tree')
  const index = reader.u16()
  if (index >= 2 ** (STATE_TREE_DEPTH - level)) throw malformed('a subtree beside the tree')
  const siblings = Array.from({ length: STATE_TREE_DEPTH - level }, () => reader.fixed(HASH_BYTES))
  const buckets = new Array<Uint8Array>(2 ** level).fill(EMPTY_BUCKET)
  let least = 0
  for (let left = reader.u32(); left > 0; left -= 1) {
    const place = reader.u16()
    if (place < least || place >= buckets.length) throw malformed('buckets that do not rise')
    least = place + 1
    const bucket = reader.bytes(limits.ledgerCodec.maxBucketBytes)
    if (bucket.length === 0) throw malformed('an empty bucket is left out')
    buckets[place] = bucket
  }
  reader.end()
  return { level, index, buckets, siblings }
}

/** A chunk that belongs to the state with this root; views. Throws LEDGER_CHUNK_FALSE for any other bytes. */
export function openChunk(bytes: Uint8Array, root: Uint8Array): StateChunk {
  let chunk: StateChunk
  try {
    chunk = decodeChunk(bytes)
  } catch (error) {
    throw chunkFalse(error)
  }
  const top = rootAbove(subtreeRoot(leavesOf(chunk.buckets)), chunk.index, chunk.siblings)
  if (compareBytes(top, root) !== 0) throw chunkFalse()
  return chunk
}
