interface Waiting<Key> {
  readonly key: Key
  readonly enter: () => void
}

export interface FairGateOptions {
  readonly places: number
  /** For one key at most. */
  readonly placesEach: number
  /** So many are only for keys that have none, so that a few who never leave cannot shut out the others. */
  readonly placesForNew?: number
}

/** Lets so many in at once, of each key only some; the others wait in line. */
export class FairGate<Key> {
  readonly #placesEach: number
  readonly #placesForNew: number
  readonly #held = new Map<Key, number>()
  #waiting: Waiting<Key>[] = []
  #free: number

  constructor({ places, placesEach, placesForNew = 0 }: FairGateOptions) {
    this.#free = places
    this.#placesEach = placesEach
    this.#placesForNew = placesForNew
  }

  enter(key: Key): Promise<void> {
    return new Promise((enter) => {
      this.#waiting.push({ key, enter })
      this.#admit()
    })
  }

  leave(key: Key): void {
    const held = this.#heldBy(key) - 1
    if (held === 0) this.#held.delete(key)
    else this.#held.set(key, held)
    this.#free += 1
    this.#admit()
  }

  async with<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    await this.enter(key)
    try {
      return await work()
    } finally {
      this.leave(key)
    }
  }

  #heldBy(key: Key): number {
    return this.#held.get(key) ?? 0
  }

  /** First come first served among those who may. */
  #admit(): void {
    this.#waiting = this.#waiting.filter(({ key, enter }) => {
      const held = this.#heldBy(key)
      const kept = held === 0 ? 0 : this.#placesForNew
      if (held >= this.#placesEach || this.#free <= kept) return true
      this.#free -= 1
      this.#held.set(key, held + 1)
      enter()
      return false
    })
  }
}
