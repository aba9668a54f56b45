interface Account<Key> {
  readonly key: Key
  readonly left: number
  readonly atMs: number
}

export interface AuditBudgetOptions {
  /** What one may ask for at once. */
  readonly burst: number
  readonly perSecond: number
  /** So many are remembered; while all of these have used something up, nobody new gets anything. */
  readonly accounts: number
}

/** What each peer may still ask for: a token bucket for each, of which full ones are forgotten. Does no I/O. */
export class AuditBudget<Key> {
  readonly #options: AuditBudgetOptions
  readonly #accounts = new Map<Key, Account<Key>>()

  constructor(options: AuditBudgetOptions) {
    this.#options = options
  }

  /** Takes so much from a peer's account, or nothing if that is too much. */
  take(key: Key, count: number, nowMs: number): boolean {
    const known = this.#accounts.get(key)
    if (known === undefined && !this.#hasRoom(nowMs)) return false
    const left = (known === undefined ? this.#options.burst : this.#leftOf(known, nowMs)) - count
    if (left < 0) return false
    this.#accounts.set(key, { key, left, atMs: nowMs })
    return true
  }

  #leftOf({ left, atMs }: Account<Key>, nowMs: number): number {
    const { burst, perSecond } = this.#options
    return Math.min(burst, left + ((nowMs - atMs) / 1000) * perSecond)
  }

  #hasRoom(nowMs: number): boolean {
    const { accounts, burst } = this.#options
    if (this.#accounts.size < accounts) return true
    for (const account of this.#accounts.values()) {
      if (this.#leftOf(account, nowMs) === burst) this.#accounts.delete(account.key)
    }
    return this.#accounts.size < accounts
  }
}
