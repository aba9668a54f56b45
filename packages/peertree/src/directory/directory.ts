import { limits, type NodeId } from '@borgios/core'
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

  /** Takes in a checked record. False if there is no room. */
  putRecord(record: NodeRecord, nowMs: number): boolean {
    const known = this.#entries.get(record.node)
    if (known === undefined && this.#entries.size >= limits.tree.directoryEntries && !this.#evict()) return false
    const wasUp = known !== undefined && known.notice === undefined
    if (wasUp) this.#up.toggle(stamp(known.record))
    this.#up.toggle(stamp(record))
    const sinceMs = wasUp ? known.sinceMs : nowMs
    this.#entries.set(record.node, { record, notice: undefined, sinceMs, recordedMs: nowMs })
    return true
  }

  /** Takes in a checked notice that is wanted. */
  putNotice(notice: DownNotice, nowMs: number): void {
    const known = this.#entries.get(notice.node)
    if (known === undefined || !this.wantsNotice(notice)) return
    this.#up.toggle(stamp(known.record))
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
    if (entry.notice === undefined) this.#up.toggle(stamp(entry.record))
    this.#entries.delete(node)
  }

  /** Forgets members that have been down for long. */
  forget(nowMs: number): void {
    for (const [node, entry] of this.#entries) {
      if (entry.notice !== undefined && entry.sinceMs < nowMs - limits.tree.downMemoryMs) this.#entries.delete(node)
    }
  }

  /** Makes room by forgetting who has been down longest. False if everybody is up. */
  #evict(): boolean {
    let oldest: DirectoryEntry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.notice !== undefined && (oldest === undefined || entry.sinceMs < oldest.sinceMs)) oldest = entry
    }
    return oldest !== undefined && this.#entries.delete(oldest.record.node)
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
