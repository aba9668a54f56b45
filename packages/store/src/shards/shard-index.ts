import { limits, type ShardId } from '@borgios/core'
import { openLmdb } from '@borgios/core/lmdb'
import type { RecordId, StripeRecord } from '@borgios/protocol'
import type { Database, RootDatabase } from 'lmdb'
import { stopped } from '../errors.ts'

/** What is known of a shard that is here. */
export interface IndexedShard {
  readonly bytes: number
  /** Records of the stripes it belongs to: one in honest use. */
  readonly records: readonly RecordId[]
}

/** Which shards are here and the records of their stripes, in LMDB. Every change is durable when its promise resolves. */
export class ShardIndex {
  readonly #root: RootDatabase
  readonly #shards: Database<IndexedShard, ShardId>
  readonly #records: Database<StripeRecord, RecordId>
  #isClosed = false

  /** Throws what the system throws for want of room. */
  constructor(folder: string) {
    this.#root = openLmdb(folder)
    this.#shards = this.#root.openDB({ name: 'shards', encoding: 'json' })
    this.#records = this.#root.openDB({ name: 'records', encoding: 'json' })
  }

  /** LMDB does not survive being used after it was closed. */
  #assertOpen(): void {
    if (this.#isClosed) throw stopped()
  }

  get(shard: ShardId): IndexedShard | undefined {
    this.#assertOpen()
    return this.#shards.get(shard)
  }

  record(id: RecordId): StripeRecord | undefined {
    this.#assertOpen()
    return this.#records.get(id)
  }

  /** Adds a shard, or another record to one that is here, one change of it at a time. A record beyond the limit is not kept. */
  async add(shard: ShardId, bytes: number, id?: RecordId, record?: StripeRecord): Promise<void> {
    this.#assertOpen()
    const known = this.#shards.get(shard)?.records ?? []
    const isNew = id !== undefined && !known.includes(id) && known.length < limits.store.recordsPerShard
    await this.#root.batch(() => {
      this.#shards.put(shard, { bytes, records: isNew ? [...known, id] : known })
      if (isNew && record !== undefined) this.#records.put(id, record)
    })
  }

  /** Forgets that a shard is here. Its records stay, so that its loss can be repaired. */
  async remove(shard: ShardId): Promise<void> {
    this.#assertOpen()
    await this.#shards.remove(shard)
  }

  /** For stripes that are whole elsewhere or that nobody needs. */
  async removeRecords(ids: readonly RecordId[]): Promise<void> {
    this.#assertOpen()
    await this.#root.batch(() => {
      for (const id of ids) this.#records.remove(id)
    })
  }

  /** Up to `count` shards in the order of their ids, after the given one. */
  shardsAfter(shard: ShardId | undefined, count: number): readonly ShardId[] {
    this.#assertOpen()
    return firstKeys(this.#shards, shard, count)
  }

  /** Up to `count` record ids in order, after the given one. */
  recordsAfter(id: RecordId | undefined, count: number): readonly RecordId[] {
    this.#assertOpen()
    return firstKeys(this.#records, id, count)
  }

  shards(): Iterable<{ readonly shard: ShardId; readonly bytes: number }> {
    this.#assertOpen()
    return this.#shards.getRange().map(({ key, value }) => ({ shard: key, bytes: value.bytes }))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#root.close()
  }
}

function firstKeys<Key extends string>(database: Database<unknown, Key>, after: Key | undefined, count: number): Key[] {
  const range = after === undefined ? {} : { start: after, exclusiveStart: true }
  return [...database.getKeys({ ...range, limit: count })]
}
