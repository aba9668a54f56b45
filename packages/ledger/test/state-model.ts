import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  type BucketRecord,
  bucketHash,
  bucketOf,
  compareBytes,
  encodeBucket,
  STATE_TREE_DEPTH,
  stateKeyHash,
} from '@borgios/protocol'
import type { AnyTable, StateReader } from '../src/index.ts'
import { listedTexts, plainTexts, type TextTable } from './state-tables.ts'

/** What a state should hold: text of each record by table and key. */
export class StateModel {
  readonly #texts: ReadonlyMap<TextTable, Map<number, string>>

  constructor(from?: StateModel) {
    this.#texts = new Map([plainTexts, listedTexts].map((table) => [table, new Map(from?.of(table))]))
  }

  of(table: TextTable): Map<number, string> {
    const texts = this.#texts.get(table)
    assert(texts !== undefined)
    return texts
  }

  set(table: TextTable, key: number, value: string | undefined): void {
    if (value === undefined) this.of(table).delete(key)
    else this.of(table).set(key, value)
  }

  /** Records of the listed table in order, from a key on. */
  listed(from = 0): [number, string][] {
    return [...this.of(listedTexts)].filter(([key]) => key >= from).sort(([one], [other]) => one - other)
  }

  records(): BucketRecord[] {
    return [...this.#texts].flatMap(([table, texts]) =>
      [...texts].map(([key, value]) => ({
        tableId: table.id,
        key: table.encodeKey(key),
        value: table.encode(value),
      })),
    )
  }

  root(): Uint8Array {
    return naiveRoot(this.records())
  }

  assertSame(state: StateReader, keys: readonly number[]): void {
    for (const table of [plainTexts, listedTexts]) {
      for (const key of keys) assert.equal(state.get(table, key), this.of(table).get(key))
    }
    assert.deepEqual([...state.list(listedTexts)], this.listed())
  }
}

/** The root as the definitions in `protocol` have it, from all records at once. */
export function naiveRoot(records: readonly BucketRecord[]): Uint8Array {
  const buckets = new Map<number, BucketRecord[]>()
  for (const record of records) {
    const number = bucketOf(stateKeyHash(record.tableId, record.key))
    buckets.set(number, [...(buckets.get(number) ?? []), record])
  }
  const leaves = new Map<number, Uint8Array>()
  for (const [number, content] of buckets) {
    content.sort((one, other) => one.tableId - other.tableId || compareBytes(one.key, other.key))
    leaves.set(number, bucketHash(encodeBucket(content)))
  }
  let level = leaves
  let empty = bucketHash(new Uint8Array(0))
  for (let depth = 0; depth < STATE_TREE_DEPTH; depth += 1) {
    const above = new Map<number, Uint8Array>()
    for (const index of level.keys()) {
      const left = index & ~1
      above.set(index >> 1, sha256(level.get(left) ?? empty, level.get(left + 1) ?? empty))
    }
    empty = sha256(empty, empty)
    level = above
  }
  return level.get(0) ?? empty
}

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())

/** Keys of which many share a bucket with others, in one table or both. */
export const crowdedKeys: readonly number[] = keysOfBuckets(8)

function keysOfBuckets(count: number): readonly number[] {
  const byBucket = new Map<number, Set<number>>()
  const tables: readonly AnyTable[] = [plainTexts, listedTexts]
  for (let key = 0; key < 12_000; key += 1) {
    for (const table of tables) {
      const number = bucketOf(stateKeyHash(table.id, table.encodeKey(key)))
      byBucket.set(number, (byBucket.get(number) ?? new Set()).add(key))
    }
  }
  const fullest = [...byBucket.values()].sort((one, other) => other.size - one.size).slice(0, count)
  return [...new Set(fullest.flatMap((keys) => [...keys]))]
}
