import { limits, type NodeId } from '@borgios/core'

export type ReplayVerdict = 'fresh' | 'replayed' | 'full'

interface Seen {
  readonly timeMs: number
  readonly sequence: number
}

/**
 * Remembers which envelopes were seen for as long as they could still pass the freshness check, so each is accepted once, also
 * when the clock is set back. Bounded in senders, in envelopes per sender and in all; when full it refuses rather than forgets,
 * so a flood can delay but never lets a replay through. A restart forgets everything.
 */
export class ReplayMemory {
  readonly #senders = new Map<NodeId, Map<number, number>>()
  #size = 0
  #sweptAtMs = Number.NEGATIVE_INFINITY
  /** The latest time of a forgotten envelope: only what is later is known to be new. */
  #forgottenUntilMs = -1

  /** How many envelopes are remembered. */
  get size(): number {
    return this.#size
  }

  /** Whether this envelope is new, and remembers it. Call only after its signature stood. */
  admit(from: NodeId, seen: Seen, nowMs: number): ReplayVerdict {
    this.#sweep(nowMs)
    if (seen.timeMs <= this.#forgottenUntilMs || this.has(from, seen.sequence)) return 'replayed'
    if (this.#size >= limits.envelope.replayTotal) return 'full'
    let sequences = this.#senders.get(from)
    if (sequences === undefined) {
      if (this.#senders.size >= limits.envelope.replaySenders) return 'full'
      sequences = new Map()
      this.#senders.set(from, sequences)
    }
    if (sequences.size >= limits.envelope.replayPerSender) return 'full'
    sequences.set(seen.sequence, seen.timeMs)
    this.#size += 1
    return 'fresh'
  }

  has(from: NodeId, sequence: number): boolean {
    return this.#senders.get(from)?.has(sequence) ?? false
  }

  /** Forgets what the freshness check refuses by itself. */
  #sweep(nowMs: number): void {
    const sinceMs = nowMs - this.#sweptAtMs
    if (sinceMs >= 0 && sinceMs < limits.envelope.replaySweepMs) return
    this.#sweptAtMs = nowMs
    const oldestMs = nowMs - limits.envelope.maxAgeMs
    for (const [from, sequences] of this.#senders) {
      for (const [sequence, timeMs] of sequences) {
        if (timeMs >= oldestMs) continue
        sequences.delete(sequence)
        this.#size -= 1
        this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, timeMs)
      }
      if (sequences.size === 0) this.#senders.delete(from)
    }
  }
}
