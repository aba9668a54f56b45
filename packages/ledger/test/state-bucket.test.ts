import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import {
  type BucketRecord,
  bucketOf,
  compareBytes,
  bucketHash as definedHash,
  encodeBucket,
  stateKeyHash,
} from '@borgios/protocol'
import fc from 'fast-check'
import { openMemoryState } from '../src/index.ts'
import { bucketHash, bucketNumber, changeBucket, findValue, keysOf } from '../src/state/bucket.ts'
import { propertyRuns } from './full-slice.ts'
import { pointAt } from './state-blocks.ts'
import { type TextTable, testTables } from './state-tables.ts'

const key = fc.uint8Array({ maxLength: 3 })
const record = fc.record({
  tableId: fc.constantFrom(1, 2, 255),
  key: fc.oneof(
    key,
    fc.uint8Array({ minLength: limits.ledgerState.maxKeyBytes, maxLength: limits.ledgerState.maxKeyBytes }),
  ),
  value: fc.oneof(fc.uint8Array({ maxLength: 5 }), fc.constant(new Uint8Array(300).fill(1))),
})
const order = (one: BucketRecord, other: BucketRecord): number =>
  one.tableId - other.tableId || compareBytes(one.key, other.key)
const records = fc
  .uniqueArray(record, { maxLength: 12, comparator: (one, other) => order(one, other) === 0 })
  .map((all) => all.sort(order))

test('numbers, hashes and bytes of buckets are those that protocol defines', () => {
  fc.assert(
    fc.property(records, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (all, isKept) => {
      for (const { tableId, key: name } of all) {
        assert.equal(bucketNumber(tableId, name), bucketOf(stateKeyHash(tableId, name)))
      }
      const inserted = all.map(({ tableId, key: name, value }) => ({ tableId, key: name, after: value }))
      const bucket = changeBucket(new Uint8Array(0), inserted)
      assert.deepEqual(Buffer.from(bucket), Buffer.from(encodeBucket(all)))
      assert.equal(bucketHash(bucket), Buffer.from(definedHash(bucket)).toString('latin1'))
      assert.deepEqual(
        [...keysOf(bucket)],
        all.map(({ tableId, key: name }) => ({ tableId, key: name })),
      )
      for (const [at, each] of all.entries()) {
        const value = each.value.map((byte) => byte ^ 0xff)
        const written = changeBucket(bucket, [{ tableId: each.tableId, key: each.key, after: value }])
        assert.deepEqual(Buffer.from(written), Buffer.from(encodeBucket(all.with(at, { ...each, value }))))
      }
      assert.deepEqual(Buffer.from(bucket), Buffer.from(encodeBucket(all)))
      const removed = inserted.filter((_, at) => !isKept[at]).map((change) => ({ ...change, after: undefined }))
      const left = all.filter((_, at) => isKept[at])
      const rest = changeBucket(bucket, removed)
      assert.deepEqual(Buffer.from(rest), Buffer.from(encodeBucket(left)))
      for (const each of all) {
        const value = left.includes(each) ? each.value : undefined
        assert.deepEqual(findValue(rest, each.tableId, each.key), value)
      }
    }),
    { numRuns: propertyRuns(150) },
  )
})

/** All keys fall into one bucket: what somebody gets who tries keys until they do. */
const groundKeys = (count: number): readonly number[] => {
  const target = bucketNumber(1, new Uint8Array(4))
  const found: number[] = []
  for (let number = 0; found.length < count; number += 1) {
    if (bucketNumber(1, wideKey(number)) === target) found.push(number)
  }
  return found
}
const wideKey = (number: number): Uint8Array => new Uint8Array(new Uint32Array([number]).buffer)
const wideTable: TextTable = {
  ...(testTables[0] as TextTable),
  encodeKey: wideKey,
  decodeKey: (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true),
}

test('transactions fill a bucket up to its limit and not beyond; the protocol itself may', () => {
  const state = openMemoryState([wideTable])
  const keys = groundKeys(20)
  const large = 'x'.repeat(limits.ledgerState.maxValueBytes)
  const fitting = Math.floor(limits.ledgerState.fullBucketBytes / (large.length + 8))
  let layer = state.layer()
  for (const [place, name] of keys.entries()) {
    // Half of it is final when the rest comes.
    if (place === fitting - 5) {
      state.finalize(layer, pointAt(1))
      layer = state.layer()
    }
    const write = (): void => layer.attempt(() => layer.set(wideTable, name, large))
    if (place < fitting) write()
    else assert.throws(write, { code: 'LEDGER_BUCKET_FULL' })
  }
  const [first = 0, second = 0] = keys
  const last = keys.at(-1) ?? 0
  layer.attempt(() => layer.set(wideTable, first, large.replace('x', 'y')))
  assert.throws(() => layer.attempt(() => layer.set(wideTable, last, large)), { code: 'LEDGER_BUCKET_FULL' })
  layer.attempt(() => layer.set(wideTable, second, undefined))
  layer.attempt(() => layer.set(wideTable, last, large))
  const more = keys.at(-2) ?? 0
  layer.set(wideTable, more, large)
  assert.equal(layer.get(wideTable, more), large)
})

test('what an attempt added and lost again takes no room', () => {
  const layer = openMemoryState([wideTable]).layer()
  const large = 'x'.repeat(limits.ledgerState.maxValueBytes)
  const keys = groundKeys(10)
  for (let turn = 0; turn < 5; turn += 1) {
    const attempt = (): void =>
      layer.attempt(() => {
        for (const name of keys) layer.set(wideTable, name, large)
        throw new Error('undone')
      })
    assert.throws(attempt, /undone/)
  }
})
