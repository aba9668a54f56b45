import { createHash } from 'node:crypto'
import {
  type BucketRecord,
  bucketHash,
  bucketOf,
  compareBytes,
  encodeBucket,
  STATE_BUCKETS,
  STATE_TREE_DEPTH,
  type StateProof,
  stateKeyHash,
} from '@borgios/protocol'

const parentOf = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(left).update(right).digest())

/** A state of few records, with the tree's nodes numbered as in a heap: 1 is the root, the buckets come from 65,536 on. */
export class SparseState {
  readonly #buckets = new Map<number, BucketRecord[]>()
  readonly #nodes = new Map<number, Uint8Array>()
  /** What an empty subtree of each height hashes to. */
  readonly #empty: Uint8Array[] = [bucketHash(new Uint8Array())]

  constructor(records: readonly (readonly [tableId: number, key: Uint8Array, value: Uint8Array])[]) {
    for (const [tableId, key, value] of records) {
      const bucket = bucketOf(stateKeyHash(tableId, key))
      this.#buckets.set(bucket, [...(this.#buckets.get(bucket) ?? []), { tableId, key, value }])
    }
    for (let height = 0; height < STATE_TREE_DEPTH; height += 1) {
      const below = this.#empty[height] ?? new Uint8Array()
      this.#empty.push(parentOf(below, below))
    }
    for (const number of this.#buckets.keys())
      this.#nodes.set(STATE_BUCKETS + number, bucketHash(this.#bytesOf(number)))
    let level = new Set([...this.#nodes.keys()].map((node) => node >>> 1))
    for (let height = 0; height < STATE_TREE_DEPTH; height += 1) {
      for (const node of level)
        this.#nodes.set(node, parentOf(this.#at(node * 2, height), this.#at(node * 2 + 1, height)))
      level = new Set([...level].map((node) => node >>> 1))
    }
  }

  get root(): Uint8Array {
    return this.#at(1, STATE_TREE_DEPTH)
  }

  prove(tableId: number, key: Uint8Array): StateProof {
    const bucket = bucketOf(stateKeyHash(tableId, key))
    const siblings: Uint8Array[] = []
    for (let node = STATE_BUCKETS + bucket; node > 1; node >>>= 1) siblings.push(this.#at(node ^ 1, siblings.length))
    return { bucket: this.#bytesOf(bucket), siblings }
  }

  #bytesOf(bucket: number): Uint8Array {
    const records = this.#buckets.get(bucket) ?? []
    return encodeBucket(
      records.toSorted((one, other) => one.tableId - other.tableId || compareBytes(one.key, other.key)),
    )
  }

  #at(node: number, height: number): Uint8Array {
    return this.#nodes.get(node) ?? this.#empty[height] ?? new Uint8Array()
  }
}
