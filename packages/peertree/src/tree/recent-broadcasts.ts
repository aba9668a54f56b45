import { limits, type NodeId } from '@borgios/core'
import type { Audience, Envelope } from '@borgios/crypto'

/** Names a broadcast: a publisher uses each sequence once. */
export const broadcastId = (from: NodeId, sequence: number): string => `${from}/${sequence}`

export interface RecentBroadcast {
  readonly from: NodeId
  readonly sequence: number
  readonly audience: Audience
  readonly bytes: Uint8Array
  /** The neighbour it came from; ourselves if we published it. */
  readonly via: NodeId
  /** Counts up from 1 in order of arrival. */
  readonly index: number
  readonly atMs: number
}

/** The last broadcasts, in order of arrival, kept for neighbours that missed them. Bounded in count, bytes and age. */
export class RecentBroadcasts {
  /** In order of index, since a map keeps the order of insertion. */
  readonly #kept = new Map<string, RecentBroadcast>()
  #latest = 0
  #bytes = 0

  /** Index of the newest ever kept; 0 before the first. */
  get latest(): number {
    return this.#latest
  }

  get size(): number {
    return this.#kept.size
  }

  add(envelope: Envelope, bytes: Uint8Array, via: NodeId, nowMs: number): void {
    const { from, sequence } = envelope
    this.#latest += 1
    const audience = envelope.audience ?? 'members'
    const broadcast = { from, sequence, audience, bytes, via, index: this.#latest, atMs: nowMs }
    this.#kept.set(broadcastId(from, sequence), broadcast)
    this.#bytes += bytes.length
    this.prune(nowMs)
  }

  get(from: NodeId, sequence: number): RecentBroadcast | undefined {
    return this.#kept.get(broadcastId(from, sequence))
  }

  /** Those after this index, oldest first, at most that many. */
  after(index: number, count: number): readonly RecentBroadcast[] {
    const found: RecentBroadcast[] = []
    if (index >= this.#latest) return found
    for (const broadcast of this.#kept.values()) {
      if (broadcast.index <= index) continue
      if (found.push(broadcast) >= count) break
    }
    return found
  }

  prune(nowMs: number): void {
    for (const [id, broadcast] of this.#kept) {
      const tooMany = this.#kept.size > limits.tree.recentBroadcasts || this.#bytes > limits.tree.recentBytes
      if (!tooMany && broadcast.atMs >= nowMs - limits.tree.recentAgeMs) break
      this.#kept.delete(id)
      this.#bytes -= broadcast.bytes.length
    }
  }
}
