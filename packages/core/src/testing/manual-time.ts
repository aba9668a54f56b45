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
    if (signal?.aborted) return Promise.reject(signal.reason)
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
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
