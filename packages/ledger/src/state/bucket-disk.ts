import { STATE_BUCKETS } from '@borgios/protocol'
import { type Database, open, type RootDatabase } from 'lmdb'
import { EMPTY_BUCKET } from './bucket.ts'
import { stateCorrupt, stateDiskFailed, stateDiskFull } from './errors.ts'

/** What is on disk: all buckets, in order, and a few records about them by name. */
export interface DiskContent {
  readonly buckets: readonly Uint8Array[]
  record(name: string): Uint8Array | undefined
}

/** What is to be written together. */
export interface DiskChange {
  readonly buckets: Iterable<readonly [number, Uint8Array]>
  readonly records: Iterable<readonly [string, Uint8Array]>
}

interface Databases {
  readonly root: RootDatabase
  readonly buckets: Database<Uint8Array, number>
  readonly records: Database<Uint8Array, string>
}

const DISK_FULL: readonly unknown[] = [28, 122]

/**
 * Buckets in LMDB, changed all together or not at all. LMDB is open only while it is used: it maps the whole file, and every page it has
 * ever looked at would count as memory of this process.
 */
export class BucketDisk {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /** Throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FAILED. */
  async read(): Promise<DiskContent> {
    return await this.#with(({ buckets, records }) => {
      const content = new Array<Uint8Array>(STATE_BUCKETS).fill(EMPTY_BUCKET)
      for (const { key, value } of buckets.getRange()) {
        if (!(key in content)) throw stateCorrupt(this.folder, 'it holds a bucket that cannot be')
        content[key] = new Uint8Array(value)
      }
      const named = new Map([...records.getRange()].map(({ key, value }) => [key, new Uint8Array(value)]))
      return { buckets: content, record: (name: string) => named.get(name) }
    })
  }

  /** On disk for good when it resolves. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED; then nothing of it is on disk. */
  async write(change: DiskChange): Promise<void> {
    await this.#with(async ({ root, buckets, records }) => {
      await root.batch(() => {
        for (const [number, bytes] of change.buckets) {
          if (bytes.length === 0) buckets.remove(number)
          else buckets.put(number, bytes)
        }
        for (const [name, bytes] of change.records) records.put(name, bytes)
      })
    })
  }

  async #with<Result>(work: (databases: Databases) => Result | Promise<Result>): Promise<Result> {
    try {
      // A commit then ends when the disk has it; overlapped, a failed one would never let LMDB close.
      const root = open({ path: this.folder, maxDbs: 2, encoding: 'binary', overlappingSync: false })
      try {
        const buckets = root.openDB<Uint8Array, number>({ name: 'buckets', encoding: 'binary', keyEncoding: 'uint32' })
        const records = root.openDB<Uint8Array, string>({ name: 'records', encoding: 'binary' })
        return await work({ root, buckets, records })
      } finally {
        await root.close()
      }
    } catch (error) {
      throw await this.#explained(error)
    }
  }

  async #explained(error: unknown): Promise<unknown> {
    const cause = await causeOf(error)
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (typeof code !== 'number') return error
    if (DISK_FULL.includes(code)) return stateDiskFull(this.folder, cause)
    // LMDB's own errors have numbers below zero, those of the system above.
    return code < 0 ? stateCorrupt(this.folder, 'LMDB cannot read it', cause) : stateDiskFailed(this.folder, cause)
  }
}

/** A failed commit carries its reason as a promise that rejects. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error
  try {
    return await error.commitError
  } catch (reason) {
    return reason
  }
}
