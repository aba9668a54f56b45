import { assert } from '@borgios/core'
import { sha256 } from '@noble/hashes/sha2.js'

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

const leafHash = (entry: Uint8Array): Uint8Array => sha256.create().update(LEAF).update(entry).digest()
const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256.create().update(NODE).update(left).update(right).digest()

/** The levels of the tree, leaves first. A last one without a neighbour goes up unchanged. */
function levelsOf(entries: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  const levels: (readonly Uint8Array[])[] = [entries.map(leafHash)]
  for (let level = levels[0] ?? []; level.length > 1; ) {
    const above: Uint8Array[] = []
    for (let index = 0; index < level.length; index += 2) {
      const [left, right] = level.slice(index, index + 2)
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right))
    }
    levels.push(above)
    level = above
  }
  return levels
}

/** The Merkle tree hash of RFC 6962, section 2.1, over a list of byte strings. */
export const merkleRoot = (entries: readonly Uint8Array[]): Uint8Array =>
  levelsOf(entries).at(-1)?.[0] ?? sha256(new Uint8Array())

/** The audit path of one of the entries (RFC 6962, section 2.1.1). */
export function merklePath(entries: readonly Uint8Array[], position: number): Uint8Array[] {
  assert(position >= 0 && position < entries.length, 'the entry is one of the list')
  let at = position
  return levelsOf(entries).flatMap((level) => {
    const sibling = level[at ^ 1]
    at >>>= 1
    return sibling === undefined ? [] : [sibling]
  })
}

/** The root that a path leads to from an entry at this place of a list of so many; undefined when such a list has no such path. */
export function merkleRootOf(
  entry: Uint8Array,
  position: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (position >= count) return undefined
  let hash = leafHash(entry)
  let used = 0
  for (let at = position, last = count - 1; last > 0; at >>>= 1, last >>>= 1) {
    // A last one on the left has no neighbour.
    if (at === last && at % 2 === 0) continue
    const sibling = path[used]
    if (sibling === undefined) return undefined
    hash = at % 2 === 0 ? nodeHash(hash, sibling) : nodeHash(sibling, hash)
    used += 1
  }
  return used === path.length ? hash : undefined
}
