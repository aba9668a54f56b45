import type { Clock } from '../ports/clock.ts'
import type { CancelTimer, Timers } from '../ports/timers.ts'

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

/** A clock and timers that move only when told. */
export class ManualTime implements Clock, Timers {
  #nowMs: number
  #order = 0
  readonly #pending = new Set<Pending>()

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const pending = { atMs: this.#nowMs + delayMs, order: this.#order++, callback }
    this.#pending.add(pending)
    return () => this.#pending.delete(pending)
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.after(delayMs, resolve)
      signal?.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  /** Moves time on, firing what falls due in order, each at its own moment. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const due = [...this.#pending]
        .filter((pending) => pending.atMs <= endMs)
        .sort((left, right) => left.atMs - right.atMs || left.order - right.order)[0]
      if (due === undefined) break
      this.#pending.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.callback()
    }
    this.#nowMs = endMs
  }
}
