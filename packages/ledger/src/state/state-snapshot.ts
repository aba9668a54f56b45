import { assert, limits } from '@borgios/core'
import { STATE_BUCKETS, STATE_TREE_DEPTH, type StateProof } from '@borgios/protocol'
import { bucketNumber, EMPTY_BUCKET } from './bucket.ts'
import { type BucketTree, rootOf, siblingsOf } from './bucket-tree.ts'
import type { StatePoint, Table } from './state.ts'
import { encodeChunk } from './state-chunk.ts'
import type { StateSource } from './state-source.ts'

/** What is in one bucket, and the way from there to the root. */
export const proofOf = (source: Pick<StateSource, 'bucket' | 'copyNode'>, bucket: number): StateProof => ({
  bucket: source.bucket(bucket),
  siblings: siblingsOf(source, 0, bucket),
})

/** The state after one final block, for nodes that fetch it and clients that ask about this height. */
export class StateSnapshot {
  readonly point: StatePoint
  readonly root: Uint8Array
  readonly #buckets: readonly Uint8Array[]
  readonly #tree: BucketTree

  /** Nothing it is given changes any more. */
  constructor(point: StatePoint, buckets: readonly Uint8Array[], tree: BucketTree) {
    this.point = point
    this.root = rootOf(tree)
    this.#buckets = buckets
    this.#tree = tree
  }

  prove<Key>(table: Table<Key, unknown>, key: Key): StateProof {
    return proofOf(this, bucketNumber(table.id, table.encodeKey(key)))
  }

  /**
   * The largest part of the state that begins with this bucket, is a whole subtree and has at most `chunkBytes` bytes, or one bucket. Fits
   * `maxChunkBytes`.
   */
  chunk(first: number): Uint8Array {
    assert(Number.isInteger(first) && first >= 0 && first < STATE_BUCKETS, `there is no bucket ${first}`)
    let level = 0
    for (let bytes = this.#bytes(first, 1); level < STATE_TREE_DEPTH; level += 1) {
      const count = 2 ** level
      if (first % (2 * count) !== 0) break
      bytes += this.#bytes(first + count, count)
      if (bytes > limits.ledgerState.chunkBytes) break
    }
    const index = first >> level
    const buckets = this.#buckets.slice(first, first + 2 ** level)
    return encodeChunk({ level, index, buckets, siblings: siblingsOf(this.#tree, level, index) })
  }

  bucket(number: number): Uint8Array {
    return this.#buckets[number] ?? EMPTY_BUCKET
  }

  copyNode(level: number, index: number, target: Uint8Array, at: number): void {
    this.#tree.copyNode(level, index, target, at)
  }

  #bytes(first: number, count: number): number {
    let bytes = 0
    for (let number = first; number < first + count; number += 1) bytes += this.bucket(number).length
    return bytes
  }
}
