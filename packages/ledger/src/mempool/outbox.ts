import { limits } from '@borgios/core'

const bounds = limits.ledgerMempool

/** In a batch each transaction stands behind its length, and all behind their number. */
const LENGTH_BYTES = 4

/**
 * Transactions of own users on their way to everybody. The first leaves at once; while more come, they are gathered into a batch every so
 * often: the more members, the more seldom, since all that all nodes send passes through every node.
 */
export class TransactionOutbox {
  #waiting: Uint8Array[] = []
  #bytes = 0
  #sentMs = Number.NEGATIVE_INFINITY

  /** False when too much is waiting already: its tracker will send it again. */
  push(transaction: Uint8Array): boolean {
    const bytes = transaction.length + LENGTH_BYTES
    if (this.#bytes + bytes > bounds.outboxBytes) return false
    this.#waiting.push(transaction)
    this.#bytes += bytes
    return true
  }

  /** When the next batch may leave, by the clock that `take` is given; undefined while nothing waits. */
  dueMs(members: number): number | undefined {
    return this.#waiting.length === 0 ? undefined : this.#sentMs + batchIntervalMs(members)
  }

  /** The next batch, or nothing if it is not due yet. */
  take(nowMs: number, members: number): readonly Uint8Array[] {
    const dueMs = this.dueMs(members)
    if (dueMs === undefined || nowMs < dueMs) return []
    this.#sentMs = nowMs
    let bytes = LENGTH_BYTES
    const fitting = this.#waiting.findIndex(({ length }) => {
      bytes += length + LENGTH_BYTES
      return bytes > bounds.batchBytes
    })
    const batch = this.#waiting.splice(0, fitting < 0 ? this.#waiting.length : fitting)
    for (const { length } of batch) this.#bytes -= length + LENGTH_BYTES
    return batch
  }
}

const batchIntervalMs = (members: number): number =>
  Math.min(Math.max(members * bounds.batchIntervalPerMemberMs, bounds.minBatchIntervalMs), bounds.maxBatchIntervalMs)
