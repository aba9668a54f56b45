import { hash } from 'node:crypto'
import { ShardId } from '@borgios/core'

/** Bytes of one leaf: what a range read or an audit has to send at least. */
export const LEAF_BYTES = 16 * 1024
/** Bytes of a hash in the tree. */
export const HASH_BYTES = 32

/** Prefixes of RFC 6962, section 2.1: no leaf can pass for an inner node. */
const LEAF_PREFIX = 0
const NODE_PREFIX = 1

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

/** The leaf stands at a word's boundary with its prefix before it: copying from shared memory is slow where it is not aligned. */
const LEAF_AT = 8
const leafInput = new Uint8Array(LEAF_AT + LEAF_BYTES)
leafInput[LEAF_AT - 1] = LEAF_PREFIX
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES)
nodeInput[0] = NODE_PREFIX

/** What stands for a leaf in the tree. */
export function leafHash(leaf: Uint8Array): Uint8Array {
  // Copying behind the prefix and hashing in one call is cheaper than two updates of a hash object.
  leafInput.set(leaf, LEAF_AT)
  return sha256(leafInput.subarray(LEAF_AT - 1, LEAF_AT + leaf.length))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_BYTES)
  return sha256(nodeInput)
}

/** Leaves of so many bytes; the last one may be shorter. */
export const leafCountOf = (bytes: number): number => Math.ceil(bytes / LEAF_BYTES)

/** All nodes of a Merkle tree, level by level from the leaves to the root. No bytes, no levels. */
export type MerkleTree = readonly (readonly Uint8Array[])[]

/**
 * Merkle tree over 16 KiB leaves (RFC 6962). A last node without a partner rises as it is, which gives the same tree as the recursive
 * definition.
 */
export function merkleTree(bytes: Uint8Array): MerkleTree {
  if (bytes.length === 0) return []
  let level: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) level.push(leafHash(bytes.subarray(at, at + LEAF_BYTES)))
  const levels = [level]
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] ?? new Uint8Array()
      const right = level[index + 1]
      above.push(right === undefined ? left : nodeHash(left, right))
    }
    level = above
    levels.push(level)
  }
  return levels
}

/** Root of {@link merkleTree}; of no bytes, their hash. */
export const merkleRoot = (bytes: Uint8Array): Uint8Array => merkleTree(bytes).at(-1)?.[0] ?? sha256(bytes)

export const shardIdOf = (bytes: Uint8Array): ShardId => ShardId.fromBytes(merkleRoot(bytes))
