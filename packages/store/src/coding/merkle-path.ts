import { assert, ShardId } from '@borgios/core'
import { HASH_BYTES, LEAF_BYTES, leafCountOf, leafHash, type MerkleTree, merkleTree, nodeHash } from './merkle.ts'

/** Which leaf of a shard, and how many bytes the shard has: a root alone does not say how many leaves are below it. */
export interface LeafPlace {
  readonly shardBytes: number
  readonly leaf: number
}

/** On each level from a leaf up to the root the side on which its partner stands; undefined where it rises without one. */
function partners({ shardBytes, leaf }: LeafPlace): readonly ('left' | 'right' | undefined)[] {
  const sides: ('left' | 'right' | undefined)[] = []
  for (let index = leaf, width = leafCountOf(shardBytes); width > 1; index >>= 1, width = Math.ceil(width / 2)) {
    if (index % 2 === 1) sides.push('left')
    else sides.push(index + 1 < width ? 'right' : undefined)
  }
  return sides
}

/** Bytes of a leaf: the last one may be shorter. */
export const leafBytesAt = ({ shardBytes, leaf }: LeafPlace): number =>
  Math.min(LEAF_BYTES, shardBytes - leaf * LEAF_BYTES)

/** Bytes of the path of a leaf. */
export const pathBytesAt = (place: LeafPlace): number =>
  partners(place).filter((side) => side !== undefined).length * HASH_BYTES

/** The hashes beside a leaf's way to the root, from the bottom up, one after another. */
export function merklePath(tree: MerkleTree, leaf: number): Uint8Array {
  assert(tree[0]?.[leaf] !== undefined, 'the leaf is one of the tree')
  const path: Uint8Array[] = []
  for (const [level, nodes] of tree.entries()) {
    const partner = nodes[(leaf >> level) ^ 1]
    if (partner !== undefined) path.push(partner)
  }
  return Buffer.concat(path)
}

/** Hash and path of some leaves, in the order asked for, and the id of the shard that they lead to. */
export interface ProvenShard {
  readonly shard: ShardId
  readonly leaves: readonly { readonly hash: Uint8Array; readonly path: Uint8Array }[]
}

/** Works the whole tree out: leaves of a shard that is damaged anywhere lead to another id. */
export function proveLeaves(bytes: Uint8Array, leaves: readonly number[]): ProvenShard {
  const tree = merkleTree(bytes)
  const root = tree.at(-1)?.[0]
  assert(root !== undefined, 'a shard has bytes')
  return {
    shard: ShardId.fromBytes(root),
    leaves: leaves.map((leaf) => {
      const hash = tree[0]?.[leaf]
      assert(hash !== undefined, 'the leaf is one of the shard')
      return { hash, path: merklePath(tree, leaf) }
    }),
  }
}

/** The root of the tree in which a leaf stands there; undefined unless leaf and path have the lengths that belong there. */
export function rootOfPath(place: LeafPlace, bytes: Uint8Array, path: Uint8Array): Uint8Array | undefined {
  const isThere = place.leaf >= 0 && place.leaf < leafCountOf(place.shardBytes)
  if (!isThere || bytes.length !== leafBytesAt(place) || path.length !== pathBytesAt(place)) return undefined
  let node = leafHash(bytes)
  let at = 0
  for (const side of partners(place)) {
    if (side === undefined) continue
    const partner = path.subarray(at, at + HASH_BYTES)
    node = side === 'left' ? nodeHash(partner, node) : nodeHash(node, partner)
    at += HASH_BYTES
  }
  return node
}
