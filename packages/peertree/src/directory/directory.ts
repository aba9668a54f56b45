import { assert, limits, type NodeId, type OperatorId } from '@borgios/core'
import type { DownNotice, NodeRecord } from '@borgios/protocol'
import type { Member } from '../peer-network.ts'
import { SetDigest } from '../tree/set-digest.ts'

export interface DirectoryEntry {
  readonly record: NodeRecord
  /** Says that the member of this very record is down. */
  readonly notice: DownNotice | undefined
  readonly sinceMs: number
  /** When its record came. */
  readonly recordedMs: number
}

const stamp = (record: NodeRecord): string => `${record.node}/${record.sequence}`

/**
 * Who is up, as far as this node knows: the newest record of every member and the notice against it, if any. A join of records by
 * sequence, so that nodes that heard the same things in any order agree. Holds only what was checked.
 */
export class Directory {
  readonly #entries = new Map<NodeId, DirectoryEntry>()
  readonly #up = new SetDigest()
  /** Members that are up, by operator. */
  readonly #upOf = new Map<OperatorId, number>()
  #upCount = 0
  readonly #isFounder: (operator: OperatorId) => boolean

  /** Founders may bring as many members as there is room for, others `limits.tree.membersPerOperator`. */
  constructor(isFounder: (operator: OperatorId) => boolean) {
    this.#isFounder = isFounder
  }

  get size(): number {
    return this.#entries.size
  }

  get(node: NodeId): DirectoryEntry | undefined {
    return this.#entries.get(node)
  }

  has(node: NodeId): boolean {
    return this.#entries.has(node)
  }

  isUp(node: NodeId): boolean {
    const entry = this.#entries.get(node)
    return entry !== undefined && entry.notice === undefined
  }

  entries(): IterableIterator<DirectoryEntry> {
    return this.#entries.values()
  }

  nodes(): IterableIterator<NodeId> {
    return this.#entries.keys()
  }

  /** Fingerprint of the members that are up, each with its sequence. */
  get digest(): string {
    return this.#up.toString()
  }

  /** Whether this record would be news, worth checking and passing on. One that changes too often is heard of later. */
  wantsRecord(record: NodeRecord, nowMs: number): boolean {
    const known = this.#entries.get(record.node)
    if (known === undefined) return true
    return record.sequence > known.record.sequence && nowMs - known.recordedMs >= limits.tree.recordPauseMs
  }

  /** Whether this notice would be news. One about a record that is not here is not: whoever has that record has it too. */
  wantsNotice(notice: DownNotice): boolean {
    const known = this.#entries.get(notice.node)
    return known !== undefined && known.notice === undefined && known.record.sequence === notice.sequence
  }

  /** Whether the record finds a place. Costs nothing, so it comes before the check of signatures. */
  hasRoomFor({ node, certificate: { operator } }: NodeRecord): boolean {
    const known = this.#entries.get(node)
    const isCounted = known?.notice === undefined && known?.record.certificate.operator === operator
    const others = (this.#upOf.get(operator) ?? 0) - (isCounted ? 1 : 0)
    if (others >= limits.tree.membersPerOperator && !this.#isFounder(operator)) return false
    return (
      known !== undefined || this.#entries.size < limits.tree.directoryEntries || this.#upCount < this.#entries.size
    )
  }

  /** Takes in a checked record that there is room for, if need be in the place of who has been down longest. */
  putRecord(record: NodeRecord, nowMs: number): void {
    const known = this.#entries.get(record.node)
    if (known === undefined && this.#entries.size >= limits.tree.directoryEntries) {
      const oldest = this.#longestDown()
      assert(oldest !== undefined, 'a record is only put where there is room')
      this.#entries.delete(oldest)
    }
    const wasUp = known !== undefined && known.notice === undefined
    if (wasUp) this.#count(known.record, -1)
    this.#count(record, 1)
    const sinceMs = wasUp ? known.sinceMs : nowMs
    this.#entries.set(record.node, { record, notice: undefined, sinceMs, recordedMs: nowMs })
  }

  /** Takes in a checked notice that is wanted. */
  putNotice(notice: DownNotice, nowMs: number): void {
    const known = this.#entries.get(notice.node)
    if (known === undefined || !this.wantsNotice(notice)) return
    this.#count(known.record, -1)
    this.#entries.set(notice.node, { ...known, notice, sinceMs: nowMs })
  }

  /** Another's word for the same. */
  replaceNotice(notice: DownNotice): void {
    const known = this.#entries.get(notice.node)
    if (known?.notice !== undefined) this.#entries.set(notice.node, { ...known, notice })
  }

  /** Forgets a member, up or down. */
  remove(node: NodeId): void {
    const entry = this.#entries.get(node)
    if (entry === undefined) return
    if (entry.notice === undefined) this.#count(entry.record, -1)
    this.#entries.delete(node)
  }

  /** Forgets members that have been down for long. */
  forget(nowMs: number): void {
    for (const [node, entry] of this.#entries) {
      if (entry.notice !== undefined && entry.sinceMs < nowMs - limits.tree.downMemoryMs) this.#entries.delete(node)
    }
  }

  /** A record joins those that are up, or leaves them. */
  #count(record: NodeRecord, change: 1 | -1): void {
    this.#up.toggle(stamp(record))
    this.#upCount += change
    const { operator } = record.certificate
    const count = (this.#upOf.get(operator) ?? 0) + change
    if (count === 0) this.#upOf.delete(operator)
    else this.#upOf.set(operator, count)
  }

  #longestDown(): NodeId | undefined {
    let oldest: DirectoryEntry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.notice !== undefined && (oldest === undefined || entry.sinceMs < oldest.sinceMs)) oldest = entry
    }
    return oldest?.record.node
  }
}

/** An entry as the rooms above see it. */
export const memberOf = ({ record, notice, sinceMs }: DirectoryEntry): Member => ({
  node: record.node,
  operator: record.certificate.operator,
  place: record.place,
  release: record.release,
  services: record.services,
  addresses: record.addresses,
  state: notice === undefined ? 'up' : 'down',
  sinceMs,
})
