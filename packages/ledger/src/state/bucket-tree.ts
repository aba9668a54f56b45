import { assert } from '@borgios/core'
import { HASH_BYTES, STATE_BUCKETS, STATE_TREE_DEPTH } from '@borgios/protocol'
import { hashInto } from '@chainsafe/hashtree'
import { bucketHash, EMPTY_BUCKET } from './bucket.ts'

/** Hashes of buckets and of what stands above them. Level 0 are the buckets, level 16 the root. */
export interface TreeNodes {
  /** Copies the hash of a node to `target`, from its byte `at` on. */
  copyNode(level: number, index: number, target: Uint8Array, at: number): void
}

/** A copy of the hash of a node. */
export function nodeOf(tree: TreeNodes, level: number, index: number): Uint8Array {
  const hash = new Uint8Array(HASH_BYTES)
  tree.copyNode(level, index, hash, 0)
  return hash
}

export const rootOf = (tree: TreeNodes): Uint8Array => nodeOf(tree, STATE_TREE_DEPTH, 0)

/** The hashes beside the way from a node of `level` to the root, from below. */
export const siblingsOf = (tree: TreeNodes, level: number, index: number): readonly Uint8Array[] =>
  Array.from({ length: STATE_TREE_DEPTH - level }, (_, step) => nodeOf(tree, level + step, (index >> step) ^ 1))

const LEVELS = STATE_TREE_DEPTH + 1

/** The whole tree over all buckets, 4 MiB. */
export class BucketTree implements TreeNodes {
  readonly #levels: readonly Uint8Array[]

  private constructor(levels: readonly Uint8Array[]) {
    this.#levels = levels
  }

  /** Over buckets that are all empty. */
  static empty(): BucketTree {
    emptyTree ??= BucketTree.over(leavesOf(new Array<Uint8Array>(STATE_BUCKETS).fill(EMPTY_BUCKET)))
    return emptyTree.copy()
  }

  /** `leaves`: the hashes of all buckets, one after the other; they are taken over. */
  static over(leaves: Uint8Array): BucketTree {
    const levels = levelsOver(leaves)
    assert(levels.length === LEVELS, 'the tree stands over all buckets')
    return new BucketTree(levels)
  }

  copy(): BucketTree {
    return new BucketTree(this.#levels.map((level) => level.slice()))
  }

  copyNode(level: number, index: number, target: Uint8Array, at: number): void {
    copyHash(nodesOf(this.#levels, level), index, target, at)
  }

  /** Writes down what was computed beside it. */
  apply(changes: TreeChanges): void {
    for (const [level, { indices, hashes }] of changes.levels.entries()) {
      const nodes = nodesOf(this.#levels, level)
      for (let place = 0; place < indices.length; place += 1) {
        copyHash(hashes, place, nodes, indexAt(indices, place) * HASH_BYTES)
      }
    }
  }
}

/** All levels of a tree over these leaves, whose number is a power of two; the last is its root. */
function levelsOver(leaves: Uint8Array): readonly Uint8Array[] {
  const levels = [leaves]
  for (let below = leaves; below.length > HASH_BYTES; ) {
    const level = new Uint8Array(below.length / 2)
    hashInto(below, level)
    levels.push(level)
    below = level
  }
  return levels
}

/** Root of a tree over these leaves, whose number is a power of two. */
export function subtreeRoot(leaves: Uint8Array): Uint8Array {
  const root = levelsOver(leaves).at(-1)
  assert(root?.length === HASH_BYTES, 'the number of leaves is a power of two')
  return root
}

/** The root to which a node and the hashes beside its way lead. */
export function rootAbove(node: Uint8Array, index: number, siblings: readonly Uint8Array[]): Uint8Array {
  const pair = new Uint8Array(2 * HASH_BYTES)
  const hash = node.slice()
  for (const [step, sibling] of siblings.entries()) {
    const isRight = ((index >> step) & 1) === 1
    pair.set(hash, isRight ? HASH_BYTES : 0)
    pair.set(sibling, isRight ? 0 : HASH_BYTES)
    hashInto(pair, hash)
  }
  return hash
}

/** Nodes of one level that changed: their places, rising, and their new hashes in the same order. */
interface ChangedLevel {
  readonly indices: Uint32Array
  readonly hashes: Uint8Array
}

/** The nodes of a tree that change with some of its buckets. */
export class TreeChanges {
  readonly levels: readonly ChangedLevel[]

  /** `buckets`: rising numbers; `hashes`: their new hashes in the same order; `tree`: as it was. */
  constructor(tree: TreeNodes, buckets: Uint32Array, hashes: Uint8Array) {
    let level: ChangedLevel = { indices: buckets, hashes }
    const levels = [level]
    while (levels.length < LEVELS) {
      level = levelAbove(tree, levels.length - 1, level)
      levels.push(level)
    }
    this.levels = levels
  }

  /** Like {@link TreeNodes.copyNode}; false when the node did not change. */
  copyNode(level: number, index: number, target: Uint8Array, at: number): boolean {
    const { indices, hashes } = nodesOf(this.levels, level)
    const place = placeOf(indices, index)
    if (indices[place] !== index) return false
    copyHash(hashes, place, target, at)
    return true
  }
}

function levelAbove(tree: TreeNodes, level: number, { indices, hashes }: ChangedLevel): ChangedLevel {
  const parents = new Uint32Array(indices.length)
  const pairs = new Uint8Array(2 * hashes.length)
  let count = 0
  for (let place = 0; place < indices.length; ) {
    const left = indexAt(indices, place) & ~1
    const pairAt = count * 2 * HASH_BYTES
    for (let side = 0; side < 2; side += 1) {
      const at = pairAt + side * HASH_BYTES
      if (indices[place] === left + side) {
        copyHash(hashes, place, pairs, at)
        place += 1
      } else tree.copyNode(level, left + side, pairs, at)
    }
    parents[count] = left >> 1
    count += 1
  }
  const above = new Uint8Array(count * HASH_BYTES)
  if (count > 0) hashInto(pairs.subarray(0, 2 * above.length), above)
  return { indices: parents.subarray(0, count), hashes: above }
}

/** Place of the first that is not below `index`. */
function placeOf(indices: Uint32Array, index: number): number {
  let low = 0
  let high = indices.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (indexAt(indices, middle) < index) low = middle + 1
    else high = middle
  }
  return low
}

/** Byte by byte: for 32 of them quicker than making views. */
function copyHash(source: Uint8Array, index: number, target: Uint8Array, at: number): void {
  const from = index * HASH_BYTES
  for (let offset = 0; offset < HASH_BYTES; offset += 1) target[at + offset] = byteOf(source, from + offset)
}

/** Writes a hash that is a string of bytes. */
function writeHash(hash: string, target: Uint8Array, at: number): void {
  for (let offset = 0; offset < HASH_BYTES; offset += 1) target[at + offset] = hash.charCodeAt(offset)
}

const emptyHash = bucketHash(EMPTY_BUCKET)
let emptyTree: BucketTree | undefined

/** Hashes of buckets, one after the other. */
export function leavesOf(buckets: readonly Uint8Array[]): Uint8Array {
  const leaves = new Uint8Array(buckets.length * HASH_BYTES)
  for (const [place, bucket] of buckets.entries()) {
    writeHash(bucket.length === 0 ? emptyHash : bucketHash(bucket), leaves, place * HASH_BYTES)
  }
  return leaves
}

function nodesOf<Level>(levels: readonly Level[], level: number): Level {
  const nodes = levels[level]
  assert(nodes !== undefined, `the tree has no level ${level}`)
  return nodes
}

function indexAt(indices: Uint32Array, place: number): number {
  const index = indices[place]
  assert(index !== undefined, 'a place outside the list')
  return index
}

function byteOf(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  assert(byte !== undefined, 'a hash lies outside its level')
  return byte
}
