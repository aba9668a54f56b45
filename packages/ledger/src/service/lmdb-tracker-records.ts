import type { RootDatabase } from 'lmdb'
import type { TrackerChange } from '../mempool/transaction-tracker.ts'
import { explainingLmdb, openLmdb } from '../state/lmdb-folder.ts'
import type { TrackerRecords } from './ledger-storage.ts'

/** Watched transactions in LMDB, by their ids. */
export class LmdbTrackerRecords implements TrackerRecords {
  readonly #folder: string
  readonly #database: RootDatabase<Uint8Array, Uint8Array>

  /** `folder` is made if it is not there. */
  constructor(folder: string) {
    this.#folder = folder
    this.#database = openLmdb<Uint8Array, Uint8Array>(folder, 'binary')
  }

  *read(): Iterable<Uint8Array> {
    for (const { value } of this.#database.getRange()) yield new Uint8Array(value)
  }

  /** Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED; then none of them is on disk. */
  async write(changes: readonly TrackerChange[]): Promise<void> {
    if (changes.length === 0) return
    await explainingLmdb(this.#folder, () =>
      this.#database.batch(() => {
        for (const { id, record } of changes) {
          if (record === undefined) this.#database.remove(id)
          else this.#database.put(id, record)
        }
      }),
    )
  }

  async close(): Promise<void> {
    await this.#database.close()
  }
}
