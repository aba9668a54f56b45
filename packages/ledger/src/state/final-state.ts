import { assert } from '@borgios/core'
import { STATE_BUCKETS, type StateProof } from '@borgios/protocol'
import { textOf } from '../text-of.ts'
import { bucketNumber, EMPTY_BUCKET, findValue, keysOf } from './bucket.ts'
import { BucketTree, leavesOf, rootOf } from './bucket-tree.ts'
import { listing } from './listing.ts'
import { SortedKeys } from './sorted-keys.ts'
import { type AnyTable, EMPTY_POINT, type StatePoint, type StateReader, type Table } from './state.ts'
import { StateLayer } from './state-layer.ts'
import { proofOf, StateSnapshot } from './state-snapshot.ts'
import { type RecordName, recordName, type StateSource } from './state-source.ts'

/** A state as it was saved. */
export interface StateContent {
  readonly point: StatePoint
  /** All of them, in order. */
  readonly buckets: readonly Uint8Array[]
}

const MAX_TABLE_ID = 255

export interface FinalStateOptions {
  readonly tables: readonly AnyTable[]
  /** Empty unless given. */
  readonly content?: StateContent
  /** Told the numbers of the buckets that another block has changed. */
  readonly onFinal?: (buckets: Iterable<number>) => void
}

/**
 * The state after the newest final block, whole in memory, and the layers over it. Bytes of buckets are never changed, only replaced, so
 * that whoever still holds some may go on reading.
 */
export class FinalState implements StateReader, StateSource {
  #buckets: Uint8Array[]
  #tree: BucketTree
  #listed: ReadonlyMap<number, SortedKeys>
  readonly #layers = new Set<StateLayer>()
  readonly #onFinal: FinalStateOptions['onFinal']
  #point: StatePoint
  #root: Uint8Array

  constructor({ tables, content, onFinal }: FinalStateOptions) {
    this.#listed = new Map(listedIds(tables).map((id) => [id, new SortedKeys()]))
    this.#buckets = content?.buckets.slice() ?? new Array<Uint8Array>(STATE_BUCKETS).fill(EMPTY_BUCKET)
    this.#tree = content === undefined ? BucketTree.empty() : BucketTree.over(leavesOf(content.buckets))
    this.#root = rootOf(this.#tree)
    this.#point = content?.point ?? EMPTY_POINT
    this.#onFinal = onFinal
    for (const bucket of content?.buckets ?? []) this.#addListed(bucket)
  }

  /** The newest final block; before genesis height 0 and a hash of zeros. */
  get point(): StatePoint {
    return this.#point
  }

  get root(): Uint8Array {
    return this.#root
  }

  get<Key, Value>(table: Table<Key, Value>, key: Key): Value | undefined {
    const value = this.valueOf(recordName(table.id, table.encodeKey(key)))
    return value === undefined ? undefined : table.decode(value)
  }

  *list<Key, Value>(table: Table<Key, Value>, from?: Key): Iterable<readonly [Key, Value]> {
    const start = from === undefined ? undefined : table.encodeKey(from)
    for (const [key, value] of listing(this, table, start)) yield [table.decodeKey(key), table.decode(value)]
  }

  /** The state after a block that follows the newest final one. */
  layer(): StateLayer {
    const layer = new StateLayer(this)
    this.#layers.add(layer)
    return layer
  }

  /** The layer's block, which follows the newest final one, is final: every layer that does not stand on it is given up. */
  finalize(layer: StateLayer, point: StatePoint): void {
    assert(this.#layers.has(layer), 'only a block that follows the newest final one becomes final')
    const { buckets, tree, root, listed } = layer.complete()
    for (const { table, key, isThere } of listed) {
      const keys = this.#listed.get(table.id)
      if (isThere) keys?.add(textOf(key))
      else keys?.delete(textOf(key))
    }
    for (const [number, bucket] of buckets) this.#buckets[number] = bucket
    this.#tree.apply(tree)
    this.#root = root
    this.#point = point
    this.#layers.delete(layer)
    for (const abandoned of this.#layers) abandoned.drop()
    this.#layers.clear()
    for (const child of layer.handOver()) this.#layers.add(child)
    this.#onFinal?.(buckets.keys())
  }

  /** Becomes the state that the other one is, which nobody uses after: every layer is given up. */
  become(other: FinalState): void {
    for (const layer of this.#layers) layer.drop()
    this.#layers.clear()
    this.#buckets = other.#buckets
    this.#tree = other.#tree
    this.#listed = other.#listed
    this.#root = other.#root
    this.#point = other.#point
  }

  /** Proves what the state holds under a key, or that it holds nothing. */
  prove<Key>(table: Table<Key, unknown>, key: Key): StateProof {
    return proofOf(this, bucketNumber(table.id, table.encodeKey(key)))
  }

  /** The state as it is now, whatever becomes final after. Costs little to take, and while it is held the bytes that change. */
  snapshot(): StateSnapshot {
    return new StateSnapshot(this.#point, this.#buckets.slice(), this.#tree.copy())
  }

  valueOf({ tableId, key, bucket }: RecordName): Uint8Array | undefined {
    return findValue(this.bucket(bucket), tableId, key)
  }

  bucket(number: number): Uint8Array {
    const bucket = this.#buckets[number]
    assert(bucket !== undefined, `there is no bucket ${number}`)
    return bucket
  }

  copyNode(level: number, index: number, target: Uint8Array, at: number): void {
    this.#tree.copyNode(level, index, target, at)
  }

  firstKey(table: AnyTable, from: string): string | undefined {
    return this.#listed.get(table.id)?.first(from)
  }

  #addListed(bucket: Uint8Array): void {
    if (this.#listed.size === 0) return
    for (const { tableId, key } of keysOf(bucket)) this.#listed.get(tableId)?.add(textOf(key))
  }
}

/** A state that is kept in memory only: for tests and simulations. */
export const openMemoryState = (tables: readonly AnyTable[]): FinalState => new FinalState({ tables })

function listedIds(tables: readonly AnyTable[]): readonly number[] {
  const names = new Map<number, string>()
  for (const { id, name } of tables) {
    assert(Number.isInteger(id) && id >= 1 && id <= MAX_TABLE_ID, `table ${name} has the number ${id}`)
    assert(!names.has(id), `tables ${name} and ${names.get(id)} have the same number`)
    names.set(id, name)
  }
  return tables.filter(({ isListed }) => isListed).map(({ id }) => id)
}
