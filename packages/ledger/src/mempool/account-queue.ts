import type { Account } from '@borgios/protocol'
import { effectiveTip, type PendingTransaction } from './pending-transaction.ts'

/** Pending transactions of one account, by nonce. All its nonces are at least the account's next one. */
export class AccountQueue {
  readonly key: string
  /** As in the final state. */
  account: Account
  /** Changes with the entries. */
  version = 0
  bytes = 0
  /** Most that all of them can cost in fees. */
  maxFee = 0
  /** The entry of the lowest nonce. */
  first: PendingTransaction | undefined
  readonly #entries: PendingTransaction[] = []

  constructor(key: string, account: Account) {
    this.key = key
    this.account = account
  }

  get length(): number {
    return this.#entries.length
  }

  get entries(): readonly PendingTransaction[] {
    return this.#entries
  }

  /** The entry at a position in the order of nonces; -1 is the last. */
  at(index: number): PendingTransaction | undefined {
    return this.#entries.at(index)
  }

  /** Position of the first entry whose nonce is at least this. */
  indexFrom(nonce: number): number {
    if (this.first === undefined || nonce <= this.first.nonce) return 0
    let index = Math.min(nonce - this.first.nonce, this.#entries.length)
    for (; index > 0; index -= 1) {
      const before = this.#entries[index - 1]
      if (before === undefined || before.nonce < nonce) break
    }
    return index
  }

  find(nonce: number): PendingTransaction | undefined {
    const found = this.#entries[this.indexFrom(nonce)]
    return found?.nonce === nonce ? found : undefined
  }

  /** There must be none of its nonce. */
  insert(entry: PendingTransaction): void {
    this.#entries.splice(this.indexFrom(entry.nonce), 0, entry)
    this.#count(entry, 1)
  }

  /** It must be there. */
  remove(entry: PendingTransaction): void {
    this.#entries.splice(this.indexFrom(entry.nonce), 1)
    this.#count(entry, -1)
  }

  /**
   * What the leader of a block gets for a unit of the last of the first `length` entries, and all it must include before it: the least of
   * their tips. -Infinity when a nonce before it is missing, so that it cannot be included at all.
   */
  priority(length: number, baseFee: number): number {
    let least = Number.POSITIVE_INFINITY
    for (let index = 0; index < length; index += 1) {
      const entry = this.#entries[index]
      if (entry === undefined || entry.nonce !== this.account.nonce + index) return Number.NEGATIVE_INFINITY
      least = Math.min(least, effectiveTip(entry, baseFee))
    }
    return least
  }

  #count(entry: PendingTransaction, sign: 1 | -1): void {
    this.version += 1
    this.first = this.#entries[0]
    this.bytes += sign * entry.bytes.length
    this.maxFee += sign === 1 ? entry.maxFee : -entry.maxFee
  }
}
