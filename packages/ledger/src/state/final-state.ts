import { assert } from '@borgios/core'
import { STATE_BUCKETS } from '@borgios/protocol'
import { bucketNumber, EMPTY_BUCKET, findValue } from './bucket.ts'
import { BucketTree, rootOf } from './bucket-tree.ts'
import { listing } from './listing.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { AnyTable, StatePoint, StateReader, Table } from './state.ts'
import { StateLayer } from './state-layer.ts'
import { type RecordName, recordText, type StateSource, textOf } from './state-source.ts'
import { TableSet } from './table-set.ts'

/** Before the first block. */
const NO_POINT: StatePoint = { height: 0, epoch: 0, block: new Uint8Array(32) }

/**
 * The state after the newest final block, whole in memory, and the layers over it. Bytes of buckets are never changed, only replaced, so
 * that whoever still holds some may go on reading.
 */
export class FinalState implements StateReader, StateSource {
  readonly #tables: TableSet
  readonly #buckets: Uint8Array[] = new Array<Uint8Array>(STATE_BUCKETS).fill(EMPTY_BUCKET)
  readonly #tree = BucketTree.empty()
  readonly #listed = new Map<number, SortedKeys>()
  readonly #layers = new Set<StateLayer>()
  #point = NO_POINT
  #root = rootOf(this.#tree)

  constructor(tables: readonly AnyTable[]) {
    this.#tables = new TableSet(tables)
    for (const table of this.#tables) if (table.isListed) this.#listed.set(table.id, new SortedKeys())
  }

  get point(): StatePoint {
    return this.#point
  }

  get root(): Uint8Array {
    return this.#root
  }

  get<Key, Value>(table: Table<Key, Value>, key: Key): Value | undefined {
    const value = this.valueOf(nameOf(table, table.encodeKey(key)))
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
  }

  valueOf({ table, key, bucket }: RecordName): Uint8Array | undefined {
    return findValue(this.bucket(bucket), table.id, key)
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
}

/** A state that is kept in memory only: for tests and simulations. */
export const openMemoryState = (tables: readonly AnyTable[]): FinalState => new FinalState(tables)

function nameOf(table: AnyTable, key: Uint8Array): RecordName {
  return { table, key, text: recordText(table, key), bucket: bucketNumber(table.id, key) }
}
