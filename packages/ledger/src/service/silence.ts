import { type Clock, limits } from '@borgios/core'

const bounds = limits.ledgerSync

/** For how long no block became final here, and when this node asks for one by itself. */
export class Silence {
  readonly #clock: Clock
  #finalMs: number
  #askMs = 0
  #askAfterMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#finalMs = clock.monotonicMs()
    this.onFinal()
  }

  onFinal(): void {
    this.#finalMs = this.#clock.monotonicMs()
    this.#askAfterMs = bounds.askAfterMs
    this.#askMs = this.#finalMs + this.#askAfterMs
  }

  get lastedMs(): number {
    return this.#clock.monotonicMs() - this.#finalMs
  }

  /** Whether it is time to ask, which then it is not again for a while that grows. */
  takeTurn(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < this.#askMs) return false
    this.#askAfterMs = Math.min(this.#askAfterMs * 2, bounds.maxAskAfterMs)
    this.#askMs = nowMs + this.#askAfterMs
    return true
  }
}
