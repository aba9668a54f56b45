import type { SeededRandom } from '@borgios/core/testing'

/** How badly the simulated network behaves. Probabilities are per message. */
export interface Weather {
  readonly minDelayMs: number
  readonly maxDelayMs: number
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
}

export const fairWeather: Weather = { minDelayMs: 1, maxDelayMs: 40, drop: 0, duplicate: 0, reorder: 0 }

/** Delays, losses and cuts between numbered hosts. */
export class Network {
  weather: Weather = fairWeather
  readonly #random: SeededRandom
  /** Directions that carry nothing: `from>to`. */
  readonly #cuts = new Set<string>()
  /** Whether anything was ever cut. */
  wasCut = false
  readonly #lastArrivalMs = new Map<string, number>()

  constructor(random: SeededRandom) {
    this.#random = random
  }

  cut(from: number, to: number): void {
    this.wasCut = true
    this.#cuts.add(`${from}>${to}`)
  }

  /** Cuts everything between two groups, both ways. */
  split(left: readonly number[], right: readonly number[]): void {
    for (const one of left) {
      for (const other of right) {
        this.cut(one, other)
        this.cut(other, one)
      }
    }
  }

  heal(): void {
    this.#cuts.clear()
    this.weather = fairWeather
  }

  isCut(from: number, to: number): boolean {
    return this.#cuts.has(`${from}>${to}`)
  }

  delayMs(): number {
    const { minDelayMs, maxDelayMs } = this.weather
    return minDelayMs + this.#random.below(maxDelayMs - minDelayMs + 1)
  }

  /** When each copy of a message sent now arrives: none if it is lost, two if it is doubled. In order unless the weather says otherwise. */
  arrivalsMs(from: number, to: number, nowMs: number): readonly number[] {
    const { drop, duplicate, reorder } = this.weather
    if (this.isCut(from, to) || this.#random.chance(drop)) return []
    const key = `${from}>${to}`
    const lastMs = this.#lastArrivalMs.get(key) ?? 0
    const mayOvertake = this.#random.chance(reorder)
    const atMs = mayOvertake ? nowMs + this.delayMs() : Math.max(nowMs + this.delayMs(), lastMs)
    this.#lastArrivalMs.set(key, Math.max(atMs, lastMs))
    return this.#random.chance(duplicate) ? [atMs, atMs + this.delayMs()] : [atMs]
  }
}
