import { assert, limits } from '@borgios/core'
import { textOf } from '../text-of.ts'
import { bucketHash, changeBucket, recordBytes } from './bucket.ts'
import { rootOf, TreeChanges } from './bucket-tree.ts'
import { bucketFull } from './errors.ts'
import { listing } from './listing.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { AnyTable, StateChange, StateWriter, Table } from './state.ts'
import { bytesOf, type RecordName, recordName, recordText, type StateSource } from './state-source.ts'

/** A record this layer has read or written. */
interface Entry extends RecordName {
  readonly table: AnyTable
  readonly before: Uint8Array | undefined
  after: Uint8Array | undefined
  /** What `after` says, once somebody asked. */
  decoded: unknown
}

interface UndoStep {
  readonly entry: Entry
  readonly after: Uint8Array | undefined
  readonly decoded: unknown
}

/** What a layer that is complete changes in the state below it. */
export interface LayerChanges {
  readonly buckets: ReadonlyMap<number, Uint8Array>
  readonly tree: TreeChanges
  readonly root: Uint8Array
  /** Records of listed tables that are new, or no more. */
  readonly listed: readonly { readonly table: AnyTable; readonly key: Uint8Array; readonly isThere: boolean }[]
}

/**
 * The state after a block that is not final yet: what it changes, over the state after its parent. Written by one block, complete once
 * its root was asked for, then read by the blocks that follow. When another block becomes final in its place it is gone: then every use
 * of it is an assertion.
 */
export class StateLayer implements StateWriter, StateSource {
  #parent: StateSource | undefined
  readonly #children = new Set<StateLayer>()
  readonly #entries = new Map<string, Entry>()
  /** Keys of listed tables that were written here, some of them undone since. */
  readonly #listed = new Map<number, SortedKeys>()
  /** By how many bytes each bucket grew here. */
  readonly #growth = new Map<number, number>()
  readonly #undo: UndoStep[] = []
  #attempts = 0
  #changes: LayerChanges | undefined

  constructor(parent: StateSource) {
    this.#parent = parent
  }

  get<Key, Value>(table: Table<Key, Value>, key: Key): Value | undefined {
    const entry = this.#entry(table, table.encodeKey(key))
    if (entry.after === undefined) return undefined
    entry.decoded ??= frozen(table.decode(entry.after))
    return entry.decoded as Value
  }

  *list<Key, Value>(table: Table<Key, Value>, from?: Key): Iterable<readonly [Key, Value]> {
    const start = from === undefined ? undefined : table.encodeKey(from)
    for (const [key, value] of listing(this, table, start)) yield [table.decodeKey(key), table.decode(value)]
  }

  set<Key, Value>(table: Table<Key, Value>, key: Key, value: Value | undefined): void {
    assert(this.#changes === undefined, 'a layer whose root was computed is not written any more')
    const entry = this.#entry(table, table.encodeKey(key))
    const after = value === undefined ? undefined : new Uint8Array(table.encode(value))
    assert((after?.length ?? 0) <= limits.ledgerState.maxValueBytes, `a value of table ${table.name} is too long`)
    if (this.#attempts > 0) {
      this.#assertRoom(entry, after)
      this.#undo.push({ entry, after: entry.after, decoded: entry.decoded })
    }
    this.#write(entry, after, frozen(value))
    if (table.isListed) this.#listedKeys(table).add(textOf(entry.key))
  }

  /**
   * What a transaction does: when `work` throws, everything it wrote is undone and the error is passed on. May be nested. Only within it
   * a bucket can be full.
   */
  attempt<Result>(work: () => Result): Result {
    const start = this.#undo.length
    this.#attempts += 1
    try {
      return work()
    } catch (error) {
      for (const { entry, after, decoded } of this.#undo.splice(start).reverse()) this.#write(entry, after, decoded)
      throw error
    } finally {
      this.#attempts -= 1
      if (this.#attempts === 0) this.#undo.length = 0
    }
  }

  /** Every record that is not as it was, in the order in which they were first touched: the same on every node that applied the same. */
  *changes(): Iterable<StateChange> {
    for (const { table, key, before, after, decoded } of this.#changedEntries()) {
      yield {
        table,
        key,
        before: before === undefined ? undefined : table.decode(before),
        after: after === undefined ? undefined : (decoded ?? table.decode(after)),
      }
    }
  }

  /** Encoded keys of the records of one table that are not as they were. */
  *changedKeys(table: AnyTable): Iterable<Uint8Array> {
    for (const entry of this.#changedEntries()) if (entry.table === table) yield entry.key
  }

  /** Root of the state after this block. Completes the layer. */
  root(): Uint8Array {
    return this.complete().root
  }

  /** Completes the layer. */
  complete(): LayerChanges {
    assert(this.#attempts === 0, 'the root is computed after the transactions, not within one')
    this.#changes ??= this.#compute()
    return this.#changes
  }

  /** The state after a block that follows this one. */
  layer(): StateLayer {
    this.complete()
    const child = new StateLayer(this)
    this.#children.add(child)
    return child
  }

  /** For the state below, once this layer's changes are its own: those that stood on this layer stand on it then. */
  handOver(): readonly StateLayer[] {
    const children = [...this.#children]
    for (const child of children) child.#parent = this.#source()
    this.#children.clear()
    this.#forget()
    return children
  }

  /** The block will not become final, nor will any that follows it. */
  drop(): void {
    for (const child of this.#children) child.drop()
    this.#children.clear()
    this.#forget()
  }

  valueOf(name: RecordName): Uint8Array | undefined {
    const entry = this.#entries.get(name.text)
    return entry === undefined ? this.#source().valueOf(name) : entry.after
  }

  bucket(number: number): Uint8Array {
    return this.complete().buckets.get(number) ?? this.#source().bucket(number)
  }

  copyNode(level: number, index: number, target: Uint8Array, at: number): void {
    if (!this.complete().tree.copyNode(level, index, target, at)) this.#source().copyNode(level, index, target, at)
  }

  firstKey(table: AnyTable, from: string): string | undefined {
    const below = this.#source().firstKey(table, from)
    const own = this.#listed.get(table.id)?.first(from)
    return own === undefined || (below !== undefined && below < own) ? below : own
  }

  #source(): StateSource {
    assert(this.#parent !== undefined, 'this state was given up when another block became final')
    return this.#parent
  }

  #forget(): void {
    this.#parent = undefined
    this.#entries.clear()
    this.#listed.clear()
    this.#growth.clear()
    this.#changes = undefined
  }

  #entry(table: AnyTable, key: Uint8Array): Entry {
    const source = this.#source()
    const text = recordText(table.id, key)
    const known = this.#entries.get(text)
    if (known !== undefined) return known
    const name = recordName(table.id, key, text)
    const before = source.valueOf(name)
    const { tableId, bucket } = name
    const entry = { table, tableId, key: name.key, text, bucket, before, after: before, decoded: undefined }
    this.#entries.set(text, entry)
    return entry
  }

  #write(entry: Entry, after: Uint8Array | undefined, decoded: unknown): void {
    const growth = recordBytes(entry.key.length, after) - recordBytes(entry.key.length, entry.after)
    if (growth !== 0) {
      this.#growth.set(entry.bucket, (this.#growth.get(entry.bucket) ?? 0) + growth)
    }
    entry.after = after
    entry.decoded = decoded
  }

  #assertRoom({ key, bucket, after: current }: Entry, after: Uint8Array | undefined): void {
    const growth = recordBytes(key.length, after) - recordBytes(key.length, current)
    if (growth <= 0) return
    const bytes = this.#source().bucket(bucket).length + (this.#growth.get(bucket) ?? 0) + growth
    if (bytes > limits.ledgerState.fullBucketBytes) throw bucketFull(limits.ledgerState.fullBucketBytes)
  }

  #listedKeys(table: AnyTable): SortedKeys {
    const known = this.#listed.get(table.id)
    if (known !== undefined) return known
    const keys = new SortedKeys()
    this.#listed.set(table.id, keys)
    return keys
  }

  *#changedEntries(): Iterable<Entry> {
    this.#source()
    for (const entry of this.#entries.values()) if (!isSame(entry.before, entry.after)) yield entry
  }

  #compute(): LayerChanges {
    const source = this.#source()
    const entries = [...this.#changedEntries()].sort(byBucket)
    const buckets = new Map<number, Uint8Array>()
    const hashes: string[] = []
    for (let start = 0, end = 0; start < entries.length; start = end) {
      const number = entries[start]?.bucket ?? 0
      while (entries[end]?.bucket === number) end += 1
      const bucket = changeBucket(source.bucket(number), entries.slice(start, end))
      buckets.set(number, bucket)
      hashes.push(bucketHash(bucket))
    }
    const tree = new TreeChanges(source, Uint32Array.from(buckets.keys()), bytesOf(hashes.join('')))
    const root = rootOf({ copyNode: (...node) => tree.copyNode(...node) || source.copyNode(...node) })
    const listed = entries.filter(({ table }) => table.isListed)
    return { buckets, tree, root, listed: listed.map((entry) => ({ ...entry, isThere: entry.after !== undefined })) }
  }
}

/** Within a bucket in the order of its records. */
function byBucket(one: Entry, other: Entry): number {
  if (one.bucket !== other.bucket) return one.bucket - other.bucket
  return one.text < other.text ? -1 : 1
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}

/** Many readers are handed the same value: a change to it would be seen by some nodes and not by others. */
function frozen<Value>(value: Value): Value {
  return ArrayBuffer.isView(value) ? value : Object.freeze(value)
}
