import { open, type RootDatabase } from 'lmdb'
import type { TrackerChange } from '../mempool/transaction-tracker.ts'
import type { TrackerRecords } from './ledger-storage.ts'

/** Watched transactions in LMDB, by their ids. */
export class LmdbTrackerRecords implements TrackerRecords {
  readonly #database: RootDatabase<Uint8Array, Uint8Array>

  /** `folder` is made if it is not there. */
  constructor(folder: string) {
    this.#database = open<Uint8Array, Uint8Array>({ path: folder, encoding: 'binary', keyEncoding: 'binary' })
  }

  *read(): Iterable<Uint8Array> {
    for (const { value } of this.#database.getRange()) yield new Uint8Array(value)
  }

  async write(changes: readonly TrackerChange[]): Promise<void> {
    if (changes.length === 0) return
    await this.#database.batch(() => {
      for (const { id, record } of changes) {
        if (record === undefined) this.#database.remove(id)
        else this.#database.put(id, record)
      }
    })
    await this.#database.flushed
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}
