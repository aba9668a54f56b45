import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BufferPool,
  type Clock,
  isBorgError,
  type LentBytes,
  type Logger,
  limits,
  messageOf,
  type NodeId,
  type ShardId,
} from '@borgios/core'
import { diskFailureOf } from '@borgios/core/lmdb'
import type { PutOutcome, RecordId, StripeRecord } from '@borgios/protocol'
import { diskFailed, diskFull, putSettled, storeFull, stripeHeld } from '../errors.ts'
import { Gate } from '../transfer/gate.ts'
import { OpenPuts, type PutOrigin } from './open-puts.ts'
import { ShardFolder } from './shard-folder.ts'
import { type IndexedShard, ShardIndex } from './shard-index.ts'

export interface ShardStoreOptions {
  readonly folder: string
  /** Bytes of shards this node takes. */
  readonly capacityBytes: number
}

export interface ShardStoreModules {
  /** The id of these bytes. */
  readonly name: (bytes: Uint8Array) => Promise<ShardId>
  readonly clock: Clock
  readonly logger: Logger
}

/** What comes with a shard's bytes. */
export interface ArrivingShard {
  readonly shard: ShardId
  readonly id: RecordId
  readonly record: StripeRecord
  /** None: a repair brings it. */
  readonly origin?: PutOrigin | undefined
}

/** The shards of this node: files, and an index with the records of their stripes. */
export class ShardStore {
  readonly #options: ShardStoreOptions
  readonly #modules: ShardStoreModules
  readonly #folder: ShardFolder
  readonly #index: ShardIndex
  /** The last change of each shard that is under way or waits for its turn. */
  readonly #changing = new Map<ShardId, Promise<unknown>>()
  readonly #removing = new Set<ShardId>()
  /** Shards on their way to the disk: others of their stripes are not taken any more. */
  readonly #arriving = new Set<ShardId>()
  readonly #buffers = new BufferPool({ bufferBytes: limits.store.maxShardBytes, kept: limits.store.shardBuffersKept })
  readonly #openPuts: OpenPuts
  readonly #discards = new Gate(limits.store.discardsAtOnce)
  #bytes = 0
  #count = 0
  #reservedBytes = 0
  /** Called with the records of a shard that turned out lost or damaged. */
  onLost: (records: readonly RecordId[]) => void = () => undefined

  private constructor(options: ShardStoreOptions, modules: ShardStoreModules, folder: ShardFolder, index: ShardIndex) {
    this.#options = options
    this.#modules = modules
    this.#folder = folder
    this.#index = index
    this.#openPuts = new OpenPuts(modules.clock)
  }

  static async open(options: ShardStoreOptions, modules: ShardStoreModules): Promise<ShardStore> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    const folder = await ShardFolder.open(options.folder)
    const store = new ShardStore(options, modules, folder, new ShardIndex(join(options.folder, 'index')))
    await store.#reconcile()
    return store
  }

  get shardCount(): number {
    return this.#count
  }

  get shardBytes(): number {
    return this.#bytes
  }

  has(shard: ShardId): boolean {
    return this.#index.get(shard) !== undefined
  }

  /** Undefined for one that is not here. */
  bytesOf(shard: ShardId): number | undefined {
    return this.#index.get(shard)?.bytes
  }

  record(id: RecordId): StripeRecord | undefined {
    return this.#index.record(id)
  }

  recordsAfter(id: RecordId | undefined, count: number): readonly RecordId[] {
    return this.#index.recordsAfter(id, count)
  }

  shardsAfter(shard: ShardId | undefined, count: number): readonly ShardId[] {
    return this.#index.shardsAfter(shard, count)
  }

  /** For a stripe that is whole and of which nothing is here. */
  forgetRecord(id: RecordId): Promise<void> {
    return this.#index.removeRecords([id])
  }

  /** Whether the shard came with a put that is still under way. */
  isBeingPut(shard: ShardId): boolean {
    return this.#openPuts.has(shard)
  }

  /**
   * Keeps a shard whose bytes were checked against its id. Resolves once file and index are durable. Throws STORE_FULL,
   * STORE_STRIPE_HELD, STORE_PUT_SETTLED, STORE_DISK_FULL or STORE_DISK_FAILED.
   */
  async put(arriving: ArrivingShard, bytes: Uint8Array): Promise<void> {
    const { shard, origin } = arriving
    // Now, not in its turn: what is to be discarded meanwhile must know that somebody else brings it, too.
    const isNew = !this.has(shard) && !this.#changing.has(shard)
    if (!this.#openPuts.claim(shard, origin, isNew)) throw putSettled(shard)
    await this.#inTurn(shard, () => this.#write(arriving, bytes))
  }

  /**
   * A put is over. If it failed, the shards that it alone brought here are removed with their records, as far as the disk lets us;
   * otherwise they are like any others from now on. Nothing happens for a put that is not known.
   */
  async settle(origin: PutOrigin, outcome: PutOutcome): Promise<void> {
    const shards = this.#openPuts.settle(origin)
    if (outcome === 'keep') {
      for (const shard of shards) this.#openPuts.release(shard)
      return
    }
    await Promise.all(shards.map((shard) => this.#discards.with(() => this.#takeBack(shard))))
    if (shards.length > 0) this.#modules.logger.info('a put was given up', { ...origin, shards: shards.length })
  }

  /** Nobody will say how this node's puts ended: their shards stay. */
  forgetPutsOf(node: NodeId): void {
    this.#openPuts.forget(node)
  }

  /** Undefined if it is not here. Its bytes are not checked: whoever asked for it does. Throws STORE_DISK_FAILED. */
  async read(shard: ShardId): Promise<LentBytes | undefined> {
    const known = this.#index.get(shard)
    if (known === undefined) return undefined
    const lent = this.#buffers.lend(known.bytes)
    let isWhole = false
    try {
      isWhole = await this.#readInto(shard, lent.bytes)
    } finally {
      if (!isWhole) lent[Symbol.dispose]()
    }
    return isWhole ? lent : undefined
  }

  /** False, and the shard is given up, if the file is gone or too short. */
  async #readInto(shard: ShardId, target: Uint8Array): Promise<boolean> {
    if ((await this.#orDiskFailed(this.#folder.read(shard, target))) === target.length) return true
    await this.#lose(shard)
    return false
  }

  /** Reads a shard back and rehashes it. One that is damaged is removed, so that repair sees it missing. */
  async verify(shard: ShardId): Promise<boolean> {
    try {
      using lent = await this.read(shard)
      if (lent === undefined) return false
      if ((await this.#modules.name(lent.bytes)) === shard) return true
    } catch (error) {
      // Unreadable sectors are a loss like any other; a store that is being stopped is none.
      if (!isBorgError(error) || error.code !== 'STORE_DISK_FAILED') throw error
    }
    await this.#lose(shard)
    return false
  }

  /** Removes a shard that is not needed here. */
  async discard(shard: ShardId): Promise<void> {
    await this.#remove(shard)
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#changing.values())
    await this.#index.close()
  }

  async #write({ shard, id, record }: ArrivingShard, bytes: Uint8Array): Promise<void> {
    // Two shards of a stripe on one node would be lost together. One that came under a false record must not get at this one later.
    if (record.shards.some((other) => other !== shard && this.#isHeld(other))) throw stripeHeld(shard)
    if (this.has(shard)) {
      await this.#orDiskFailed(this.#index.add(shard, bytes.length, id, record))
      return
    }
    const { capacityBytes } = this.#options
    const freeBytes = Math.max(0, capacityBytes - this.#bytes - this.#reservedBytes)
    if (bytes.length > freeBytes) throw storeFull(freeBytes)
    this.#arriving.add(shard)
    this.#reservedBytes += bytes.length
    try {
      await this.#orDiskFailed(this.#folder.write(shard, bytes))
      await this.#orDiskFailed(this.#index.add(shard, bytes.length, id, record)).catch(async (error: unknown) => {
        await this.#folder.remove(shard).catch(() => undefined)
        throw error
      })
      this.#count += 1
      this.#bytes += bytes.length
    } finally {
      this.#arriving.delete(shard)
      this.#reservedBytes -= bytes.length
    }
  }

  async #lose(shard: ShardId): Promise<void> {
    const lost = await this.#remove(shard)
    if (lost === undefined) return
    this.#modules.logger.warn('a stored shard is damaged or gone', { shard })
    this.onLost(lost.records)
  }

  #isHeld(shard: ShardId): boolean {
    return this.has(shard) || this.#arriving.has(shard)
  }

  /** Removes a shard that only a failed put brought, and the records of its stripe: nothing is to be repaired. */
  async #takeBack(shard: ShardId): Promise<void> {
    try {
      await this.#inTurn(shard, async () => {
        const removed = this.#openPuts.release(shard) ? await this.#removeNow(shard) : undefined
        if (removed === undefined) return
        const isOurs = (id: RecordId): boolean => this.record(id)?.shards.some((other) => this.#isHeld(other)) ?? false
        await this.#index.removeRecords(removed.records.filter((id) => !isOurs(id)))
      })
    } catch (error) {
      this.#modules.logger.warn('a shard of a failed put could not be removed', { shard, why: messageOf(error) })
    }
  }

  /** What was removed; undefined if it is not here, or being removed already. */
  async #remove(shard: ShardId): Promise<IndexedShard | undefined> {
    if (this.#removing.has(shard)) return undefined
    this.#removing.add(shard)
    try {
      return await this.#inTurn(shard, () => this.#removeNow(shard))
    } finally {
      this.#removing.delete(shard)
    }
  }

  async #removeNow(shard: ShardId): Promise<IndexedShard | undefined> {
    const known = this.#index.get(shard)
    if (known === undefined) return undefined
    // The file first: on a full disk the index has no room for any change. An entry without its file is found and dropped.
    await this.#folder.remove(shard)
    await this.#index.remove(shard)
    this.#count -= 1
    this.#bytes -= known.bytes
    return known
  }

  /** Changes of one shard go one after another: none finds file and index halfway. */
  async #inTurn<Result>(shard: ShardId, change: () => Promise<Result>): Promise<Result> {
    const before = this.#changing.get(shard) ?? Promise.resolve()
    const changed = before.catch(() => undefined).then(change)
    this.#changing.set(shard, changed)
    try {
      return await changed
    } finally {
      if (this.#changing.get(shard) === changed) this.#changing.delete(shard)
    }
  }

  /** Makes the index say what the folder holds, without reading any shard. */
  async #reconcile(): Promise<void> {
    const files = await this.#folder.list()
    const gone: ShardId[] = []
    const indexed = new Set<ShardId>()
    for (const { shard, bytes } of this.#index.shards()) {
      indexed.add(shard)
      if (!files.has(shard)) gone.push(shard)
      else {
        this.#count += 1
        this.#bytes += bytes
      }
    }
    for (const shard of gone) await this.#index.remove(shard)
    for (const shard of files) {
      if (indexed.has(shard)) continue
      // Its record is lost, yet it can still be read and is found by whoever repairs the stripe.
      const bytes = await this.#folder.sizeOf(shard)
      await this.#index.add(shard, bytes)
      this.#count += 1
      this.#bytes += bytes
    }
    if (gone.length > 0) this.#modules.logger.warn('stored shards are gone', { shards: gone.length })
  }

  async #orDiskFailed<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work
    } catch (cause) {
      const { isDiskFull } = await diskFailureOf(cause)
      throw isDiskFull ? diskFull(await this.#folder.freeBytes().catch(() => 0), cause) : diskFailed(cause)
    }
  }
}
