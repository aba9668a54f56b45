import type { Region } from '../coding/stripe-memory.ts'

/** Hands out regions of shared memory, first come first served. */
export class RegionPool {
  readonly #free: Region[]
  readonly #waiting: ((region: Region) => void)[] = []

  constructor(regions: readonly Region[]) {
    this.#free = [...regions]
  }

  /** Waits until a region is free. Whoever takes one gives it back. */
  take(): Promise<Region> {
    const region = this.#free.pop()
    if (region !== undefined) return Promise.resolve(region)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  giveBack(region: Region): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(region)
    else next(region)
  }

  /** Does something with a region and gives it back whatever happens. */
  async with<Result>(work: (region: Region) => Promise<Result>): Promise<Result> {
    const region = await this.take()
    try {
      return await work(region)
    } finally {
      this.giveBack(region)
    }
  }
}
