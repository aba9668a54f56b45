import { assert, NodeId, ShardId } from '@borgios/core'
import { ByteWriter, taggedHash } from '@borgios/protocol'
import { leafCountOf } from '../coding/merkle.ts'

/** A shard that a node is said to hold. */
export interface AuditTarget {
  readonly shard: ShardId
  readonly bytes: number
}

/** Leaves of one shard that its holder has to show, in the order in which they were drawn. */
export interface ShardSample extends AuditTarget {
  readonly leaves: readonly number[]
}

export interface ChallengeSpace {
  /** 32 bytes that nobody knew before. */
  readonly beacon: Uint8Array
  readonly node: NodeId
}

export interface Challenge extends ChallengeSpace {
  readonly shard: ShardId
  /** Leaves of the shard. */
  readonly leaves: number
  /** How many of them to draw. */
  readonly count: number
}

/**
 * `count` distinct numbers below `size`, or all of them if there are no more: the beginning of a shuffle (Fisher and Yates) of which only
 * the moved places are kept. 64 bits of a hash for each, so the bias is below size / 2^64.
 */
function draw(size: number, count: number, hashOf: (index: number) => Uint8Array): readonly number[] {
  const moved = new Map<number, number>()
  return Array.from({ length: Math.min(size, count) }, (_, index) => {
    const hash = hashOf(index)
    const bits = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0, true)
    const at = index + Number(bits % BigInt(size - index))
    const drawn = moved.get(at) ?? at
    moved.set(at, moved.get(index) ?? index)
    return drawn
  })
}

const numbered = (index: number): Uint8Array => new ByteWriter(4).u32(index).finish()

/** Which leaves of a shard a node has to show under a beacon: nobody could know before it was there, anybody can say afterwards. */
export function challengeOf({ beacon, node, shard, leaves, count }: Challenge): readonly number[] {
  assert(beacon.length === 32, 'a beacon has 32 bytes')
  const [nodeKey, root] = [NodeId.toBytes(node), ShardId.toBytes(shard)]
  return draw(leaves, count, (index) => taggedHash('audit-leaf', beacon, nodeKey, root, numbered(index)))
}

/**
 * `count` leaves drawn from all those of the shards that a node is said to hold, grouped by shard; all of them if there are no more. A
 * shard counts as often as it has leaves, so that a lost byte is found with the same chance wherever it is: of 1 % lost, 300 samples find
 * some with 95 %, 459 with 99 %. The order of the list does not matter.
 */
export function sampleOf(
  { beacon, node }: ChallengeSpace,
  held: readonly AuditTarget[],
  count: number,
): readonly ShardSample[] {
  assert(beacon.length === 32, 'a beacon has 32 bytes')
  const targets = inOrder(held)
  const ends: number[] = []
  for (const { bytes } of targets) ends.push((ends.at(-1) ?? 0) + leafCountOf(bytes))
  const nodeKey = NodeId.toBytes(node)
  const drawn = draw(ends.at(-1) ?? 0, count, (index) => taggedHash('audit-sample', beacon, nodeKey, numbered(index)))
  const counts = new Map<number, number>()
  for (const leaf of drawn) {
    const target = firstAbove(ends, leaf)
    counts.set(target, (counts.get(target) ?? 0) + 1)
  }
  return [...counts].flatMap(([index, many]) => {
    const target = targets[index]
    assert(target !== undefined, 'every leaf belongs to a shard')
    const { shard, bytes } = target
    return [{ ...target, leaves: challengeOf({ beacon, node, shard, leaves: leafCountOf(bytes), count: many }) }]
  })
}

/** By id, each once. */
function inOrder(held: readonly AuditTarget[]): readonly AuditTarget[] {
  const byShard = new Map(held.map((target) => [target.shard, target]))
  return [...byShard.values()].sort((one, other) => (one.shard < other.shard ? -1 : 1))
}

/** Index of the first of these ascending numbers that is above `value`. */
function firstAbove(ends: readonly number[], value: number): number {
  let [low, high] = [0, ends.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ends[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
