import type { Clock } from '@borgios/core'
import { mapKey } from '../mempool/account-view.ts'
import type { TransactionTracker } from '../mempool/transaction-tracker.ts'
import type { TrackerRecords } from './ledger-storage.ts'

export interface SubmissionsModules {
  readonly tracker: TransactionTracker
  readonly records: TrackerRecords
  readonly clock: Clock
}

/** Transactions of this node's users. None is told to anybody, nor put into a block here, before it is sure not to be forgotten. */
export class Submissions {
  readonly #modules: SubmissionsModules
  readonly #underWay = new Map<string, Promise<void>>()
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(modules: SubmissionsModules) {
    this.#modules = modules
  }

  /**
   * Takes a transaction, makes it durable and puts it into the mempool; returns its id. When it throws, nothing is left of it, and it may be
   * sent again. Throws LEDGER_TRANSACTION_NOT_TAKEN, LEDGER_TRACKER_FULL, LEDGER_DISK_FULL, LEDGER_DISK_FAILED.
   */
  async submit(transaction: Uint8Array): Promise<Uint8Array> {
    const { tracker, clock } = this.#modules
    const id = tracker.submit(transaction, clock.nowMs())
    const key = mapKey(id)
    let keeping = this.#underWay.get(key)
    if (keeping === undefined) {
      keeping = this.#take(id).finally(() => this.#underWay.delete(key))
      this.#underWay.set(key, keeping)
    }
    await keeping
    return id
  }

  /** Makes durable what changed. Those who ask while it is under way share the next turn. Throws what the records throw; then it is kept. */
  keep(): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined
      })
      return this.#writing
    }
    this.#next ??= this.#writing
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.keep()
      })
    return this.#next
  }

  async #take(id: Uint8Array): Promise<void> {
    const { tracker } = this.#modules
    try {
      await this.keep()
    } catch (error) {
      if (tracker.isHeldBack(id)) tracker.forget(id)
      throw error
    }
    tracker.enter(id)
  }

  async #write(): Promise<void> {
    const { tracker, records } = this.#modules
    const changes = tracker.changes()
    if (changes.length === 0) return
    await records.write(changes)
    tracker.onWritten(changes)
  }
}
