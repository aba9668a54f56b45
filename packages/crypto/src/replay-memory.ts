import { limits, type NodeId } from '@borgios/core'

export type ReplayVerdict = 'fresh' | 'replayed' | 'full'

interface Seen {
  readonly timeMs: number
  readonly sequence: number
}

/**
 * Remembers which envelopes were seen for as long as they could still pass the freshness check, so each is accepted once.
 * Bounded in senders and in envelopes per sender; when full it refuses rather than forgets, so a flood can delay but never
 * lets a replay through.
 */
export class ReplayMemory {
  readonly #senders = new Map<NodeId, Map<number, number>>()
  #sweepAtMs = 0

  /** Whether this envelope is new, and remembers it. Call only after its signature stood. */
  admit(from: NodeId, seen: Seen, nowMs: number): ReplayVerdict {
    this.#sweep(nowMs)
    let sequences = this.#senders.get(from)
    if (sequences?.has(seen.sequence)) return 'replayed'
    if (sequences === undefined) {
      if (this.#senders.size >= limits.envelope.replaySenders) return 'full'
      sequences = new Map()
      this.#senders.set(from, sequences)
    }
    if (sequences.size >= limits.envelope.replayPerSender) return 'full'
    sequences.set(seen.sequence, seen.timeMs)
    return 'fresh'
  }

  has(from: NodeId, sequence: number): boolean {
    return this.#senders.get(from)?.has(sequence) ?? false
  }

  /** Forgets what the freshness check refuses by itself. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return
    this.#sweepAtMs = nowMs + limits.envelope.replaySweepMs
    const oldestMs = nowMs - limits.envelope.maxAgeMs
    for (const [from, sequences] of this.#senders) {
      for (const [sequence, timeMs] of sequences) if (timeMs < oldestMs) sequences.delete(sequence)
      if (sequences.size === 0) this.#senders.delete(from)
    }
  }
}
