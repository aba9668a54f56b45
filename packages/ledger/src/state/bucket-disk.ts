import { appendFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BorgError, limits } from '@borgios/core'
import { STATE_BUCKETS } from '@borgios/protocol'
import type { Database, RootDatabase } from 'lmdb'
import { EMPTY_BUCKET } from './bucket.ts'
import { stateCorrupt } from './errors.ts'
import { explainingLmdb, openLmdb } from './lmdb-folder.ts'

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

/**
 * Buckets in LMDB, changed all together or not at all. LMDB is open only while it is used: it maps the whole file, and every page it has
 * ever looked at would count as memory of this process.
 */
export class BucketDisk {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  /**
   * All of it. LMDB trusts its file: where the disk has changed what ties its pages together, it may take the whole process down. So a note
   * says that it is being read; from the notes of those that died over it the next one knows. Throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FULL,
   * LEDGER_DISK_FAILED.
   */
  read(): Promise<DiskContent> {
    return this.#noting(() => this.#readAll())
  }

  /** One of its records; undefined if there is none, or no such folder. As {@link read}, throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FAILED. */
  async readRecord(name: string): Promise<Uint8Array | undefined> {
    if ((await stat(this.folder).catch(() => undefined)) === undefined) return undefined
    return await this.#noting(() =>
      this.#with(({ records }) => {
        const bytes = records.get(name)
        return bytes === undefined ? undefined : new Uint8Array(bytes)
      }),
    )
  }

  async #noting<Result>(read: () => Promise<Result>): Promise<Result> {
    const note = join(this.folder, 'reading')
    return await this.#explaining(async () => {
      await mkdir(this.folder, { recursive: true })
      const died = await sizeOf(note)
      if (died >= limits.ledgerState.readDeaths) throw this.#corrupt(`the last ${died} starts died while they read it`)
      // A full disk keeps nobody from reading.
      await appendFile(note, '.').catch(() => {})
      const result = await read()
      await rm(note, { force: true })
      return result
    }, true)
  }

  async #readAll(): Promise<DiskContent> {
    return await this.#with(({ buckets, records }) => {
      const content = new Array<Uint8Array>(STATE_BUCKETS).fill(EMPTY_BUCKET)
      for (const { key, value } of buckets.getRange()) {
        if (!(key in content)) throw this.#corrupt('it holds a bucket that cannot be')
        content[key] = new Uint8Array(value)
      }
      const named = new Map([...records.getRange()].map(({ key, value }) => [key, new Uint8Array(value)]))
      return { buckets: content, record: (name: string) => named.get(name) }
    })
  }

  /** On disk for good when it resolves. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED; then nothing of it is on disk. */
  async write(change: DiskChange): Promise<void> {
    await this.#explaining(() => this.#with((databases) => writeAll(databases, change)))
  }

  async #with<Result>(work: (databases: Databases) => Result | Promise<Result>): Promise<Result> {
    const root = openLmdb(this.folder)
    try {
      const buckets = root.openDB<Uint8Array, number>({ name: 'buckets', encoding: 'binary', keyEncoding: 'uint32' })
      const records = root.openDB<Uint8Array, string>({ name: 'records', encoding: 'binary' })
      return await work({ root, buckets, records })
    } finally {
      await root.close()
    }
  }

  async #explaining<Result>(work: () => Promise<Result>, isReading = false): Promise<Result> {
    return await explainingLmdb(this.folder, work, ({ cause, code }) => {
      // LMDB's own errors have numbers below zero, or none where it stumbles over what it reads.
      const isLmdbs = !(typeof code === 'string' || Number(code) > 0)
      return isReading && isLmdbs ? this.#corrupt('LMDB cannot read it', cause) : undefined
    })
  }

  #corrupt(why: string, cause?: unknown): BorgError {
    return stateCorrupt(this.folder, why, cause)
  }
}

async function writeAll({ root, buckets, records }: Databases, change: DiskChange): Promise<void> {
  await root.batch(() => {
    for (const [number, bytes] of change.buckets) {
      if (bytes.length === 0) buckets.remove(number)
      else buckets.put(number, bytes)
    }
    for (const [name, bytes] of change.records) records.put(name, bytes)
  })
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
