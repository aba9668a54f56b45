import type { AccountQueue } from './account-queue.ts'
import { Heap } from './heap.ts'
import type { PendingTransaction } from './pending-transaction.ts'

/** The last of the first `length` entries of an account, as a candidate. Out of date when the queue has changed. */
interface Candidate {
  readonly queue: AccountQueue
  readonly version: number
  readonly length: number
  readonly last: PendingTransaction
  readonly priority: number
}

/** Candidates that are out of date, for each account, before they are swept out. */
const STALE_FACTOR = 4

/**
 * Who leaves a full mempool: always the last transaction of an account, so that no gap opens, and of all accounts' last ones the one that a
 * leader would include last. What own users watch stays. Good for one base fee.
 */
export class EvictionOrder {
  readonly #baseFee: number
  readonly #queues: ReadonlyMap<string, AccountQueue>
  #heap: Heap<Candidate>

  constructor(queues: ReadonlyMap<string, AccountQueue>, baseFee: number) {
    this.#baseFee = baseFee
    this.#queues = queues
    this.#heap = this.#sorted()
  }

  /** To be called after the entries of an account changed. */
  note(queue: AccountQueue): void {
    if (this.#heap.size > STALE_FACTOR * (this.#queues.size + STALE_FACTOR)) this.#heap = this.#sorted()
    else this.#offer(queue, queue.length)
  }

  /**
   * The cheapest, each below `priority`, that together make room for so many and so many bytes; undefined if there are not enough.
   */
  cheapest(priority: number, count: number, bytes: number): readonly PendingTransaction[] | undefined {
    const leaving: PendingTransaction[] = []
    const lengths = new Map<AccountQueue, number>()
    let bytesLeft = bytes
    while (leaving.length < count || bytesLeft > 0) {
      const candidate = this.#next(lengths)
      if (candidate === undefined || candidate.priority >= priority) {
        if (candidate !== undefined) this.#heap.push(candidate)
        this.#restore(lengths)
        return undefined
      }
      const { queue, length, last } = candidate
      leaving.push(last)
      bytesLeft -= last.bytes.length
      lengths.set(queue, length - 1)
      this.#offer(queue, length - 1)
    }
    this.#restore(lengths)
    return leaving
  }

  /** Accounts whose last ones were only thought away are candidates as before. */
  #restore(lengths: ReadonlyMap<AccountQueue, number>): void {
    for (const queue of lengths.keys()) this.#offer(queue, queue.length)
  }

  #next(lengths: ReadonlyMap<AccountQueue, number>): Candidate | undefined {
    for (;;) {
      const candidate = this.#heap.pop()
      if (candidate === undefined) return undefined
      const { queue, version, length, last } = candidate
      if (last.isOwn) continue
      if (version === queue.version && length === (lengths.get(queue) ?? queue.length)) return candidate
    }
  }

  #offer(queue: AccountQueue, length: number): void {
    const candidate = this.#candidate(queue, length)
    if (candidate !== undefined) this.#heap.push(candidate)
  }

  #candidate(queue: AccountQueue, length: number): Candidate | undefined {
    const last = length === 0 ? undefined : queue.at(length - 1)
    if (last === undefined || last.isOwn) return undefined
    return { queue, version: queue.version, length, last, priority: queue.priority(length, this.#baseFee) }
  }

  #sorted(): Heap<Candidate> {
    const candidates: Candidate[] = []
    for (const queue of this.#queues.values()) {
      const candidate = this.#candidate(queue, queue.length)
      if (candidate !== undefined) candidates.push(candidate)
    }
    return new Heap((left, right) => left.priority < right.priority, candidates)
  }
}
