import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter, compareBytes } from './bytes.ts'
import { taggedHash } from './hashes.ts'

/** Levels of the tree over the state; its leaves are the buckets, its inner nodes SHA-256 over two children, its top the state root. */
export const STATE_TREE_DEPTH = 16
export const STATE_BUCKETS = 2 ** STATE_TREE_DEPTH

/** One record as its bucket holds it. */
export interface BucketRecord {
  /** 1 to 255. */
  readonly tableId: number
  /** As its table encodes it. */
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const {
  ledgerCodec: { maxBucketBytes },
  ledgerState: { maxKeyBytes, maxValueBytes },
} = limits

/** Table, length of the key and of the value. */
const FRAME_BYTES = 4

/** Scatters the records over the buckets: hash of the table's number and the key as its table encodes it. */
export const stateKeyHash = (tableId: number, key: Uint8Array): Uint8Array =>
  taggedHash('state-key', Uint8Array.of(tableId), key)

/** The bucket of a record: the first 16 bits. */
export const bucketOf = (keyHash: Uint8Array): number => ((keyHash[0] ?? 0) << 8) | (keyHash[1] ?? 0)

const compareRecords = (a: BucketRecord, b: BucketRecord): number => a.tableId - b.tableId || compareBytes(a.key, b.key)

/**
 * The records of one bucket, which rise by table, then by key: each table u8, length of the key u8, key, length of the value u16, value. An
 * empty bucket is no bytes.
 */
export function encodeBucket(records: readonly BucketRecord[]): Uint8Array {
  const writer = new ByteWriter(
    records.reduce((sum, { key, value }) => sum + FRAME_BYTES + key.length + value.length, 0),
  )
  let previous: BucketRecord | undefined
  for (const record of records) {
    const { tableId, key, value } = record
    assert(tableId > 0, 'tables are numbered from 1 on')
    assert(key.length <= maxKeyBytes, 'a key that is too long')
    assert(value.length <= maxValueBytes, 'a record that is too large')
    assert(previous === undefined || compareRecords(previous, record) < 0, 'records rise')
    writer.u8(tableId).u8(key.length).fixed(key).u16(value.length).fixed(value)
    previous = record
  }
  return writer.finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeBucket(bytes: Uint8Array): BucketRecord[] {
  if (bytes.length > maxBucketBytes) throw malformed('a bucket that is too large')
  const reader = new ByteReader(bytes)
  const records: BucketRecord[] = []
  for (let previous: BucketRecord | undefined; reader.leftBytes > 0; ) {
    const tableId = reader.u8()
    const key = reader.fixed(reader.u8())
    const value = reader.fixed(reader.u16())
    const record = { tableId, key, value }
    if (tableId === 0) throw malformed('a record of no table')
    if (key.length > maxKeyBytes || value.length > maxValueBytes) throw malformed('a record that is too large')
    if (previous !== undefined && compareRecords(previous, record) >= 0) throw malformed('records do not rise')
    records.push(record)
    previous = record
  }
  return records
}

/** The leaf of a bucket, given as encoded. */
export const bucketHash = (bucket: Uint8Array): Uint8Array => taggedHash('state-bucket', bucket)
