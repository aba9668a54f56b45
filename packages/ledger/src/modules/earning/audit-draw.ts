import { assert } from '@borgios/core'
import { ByteWriter, taggedHash } from '@borgios/protocol'
import { textOf } from '../service/records.ts'

/** Tries for each auditor before a network has too few operators. */
const TRIES_PER_AUDITOR = 8

export interface Candidate {
  readonly node: Uint8Array
  readonly operator: Uint8Array
}

const numbered = (index: number): Uint8Array => new ByteWriter(4).u32(index).finish()

/** A number below `size` from 64 bits of a hash: its bias is below size / 2^64. */
function below(hash: Uint8Array, size: number): number {
  const bits = new DataView(hash.buffer, hash.byteOffset).getBigUint64(0, true)
  return Number(bits % BigInt(size))
}

/**
 * Who audits a node in an epoch: members drawn by its beacon, each of another operator, none of the node's own. Fewer than `count` where
 * there are not as many operators.
 */
export function drawAuditors(
  beacon: Uint8Array,
  audited: Candidate,
  members: readonly Candidate[],
  count: number,
): readonly Uint8Array[] {
  const operators = new Set([textOf(audited.operator)])
  const drawn: Uint8Array[] = []
  for (let index = 0; index < count * TRIES_PER_AUDITOR && drawn.length < count && members.length > 0; index += 1) {
    const member = members[below(taggedHash('auditor', beacon, audited.node, numbered(index)), members.length)]
    if (member === undefined || operators.has(textOf(member.operator))) continue
    operators.add(textOf(member.operator))
    drawn.push(member.node)
  }
  return drawn
}

/** What an auditor draws its leaves by: each auditor of a node asks for others. 32 bytes, in place of the beacon. */
export const auditSeedOf = (beacon: Uint8Array, auditor: Uint8Array): Uint8Array =>
  taggedHash('audit-seed', beacon, auditor)

/** Something that counts by its bytes. */
interface Weighed {
  readonly bytes: number
}

/**
 * How many leaves an auditor asks for of each of a node's parts in leases: `count` draws, each part by its bytes. The seed is what
 * {@link auditSeedOf} gives.
 */
export function drawParts<Part extends Weighed>(
  seed: Uint8Array,
  node: Uint8Array,
  parts: readonly Part[],
  count: number,
): ReadonlyMap<Part, number> {
  const ends: number[] = []
  for (const { bytes } of parts) ends.push((ends.at(-1) ?? 0) + bytes)
  const total = ends.at(-1) ?? 0
  const drawn = new Map<Part, number>()
  for (let index = 0; index < count && total > 0; index += 1) {
    const at = below(taggedHash('audit-part', seed, node, numbered(index)), total)
    const part = parts[ends.findIndex((end) => at < end)]
    assert(part !== undefined, 'every byte belongs to a part')
    drawn.set(part, (drawn.get(part) ?? 0) + 1)
  }
  return drawn
}
