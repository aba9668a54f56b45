import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter, compareBytes } from './bytes.ts'
import { HASH_BYTES, taggedHash } from './hashes.ts'

/** Levels of the tree over the state; its leaves are the buckets, its inner nodes SHA-256 over two children, its top the state root. */
export const STATE_TREE_DEPTH = 16
export const STATE_BUCKETS = 2 ** STATE_TREE_DEPTH

/** One record as its bucket holds it. */
export interface BucketRecord {
  /** {@link stateKeyHash} of its table and key. */
  readonly keyHash: Uint8Array
  readonly value: Uint8Array
}

const {
  ledgerCodec: { maxBucketBytes },
  ledgerState: { maxValueBytes },
} = limits

/** Where a record lies: hash of the table's number and the key as its table encodes it. */
export const stateKeyHash = (tableId: number, key: Uint8Array): Uint8Array =>
  taggedHash('state-key', Uint8Array.of(tableId), key)

/** The bucket of a record: the first 16 bits, so that buckets in their order hold the records in theirs. */
export const bucketOf = (keyHash: Uint8Array): number => ((keyHash[0] ?? 0) << 8) | (keyHash[1] ?? 0)

/** The records of one bucket, which rise by key hash: each key hash 32, length of the value u32, value. An empty bucket is no bytes. */
export function encodeBucket(records: readonly BucketRecord[]): Uint8Array {
  const writer = new ByteWriter(records.reduce((sum, { value }) => sum + HASH_BYTES + 4 + value.length, 0))
  let previous: Uint8Array | undefined
  for (const { keyHash, value } of records) {
    assert(keyHash.length === HASH_BYTES, 'a hash has 32 bytes')
    assert(previous === undefined || compareBytes(previous, keyHash) < 0, 'key hashes rise')
    assert(value.length <= maxValueBytes, 'a record that is too large')
    writer.fixed(keyHash).bytes(value)
    previous = keyHash
  }
  return writer.finish()
}

/** Views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeBucket(bytes: Uint8Array): BucketRecord[] {
  if (bytes.length > maxBucketBytes) throw malformed('a bucket that is too large')
  const reader = new ByteReader(bytes)
  const records: BucketRecord[] = []
  for (let previous: Uint8Array | undefined; reader.leftBytes > 0; ) {
    const keyHash = reader.fixed(HASH_BYTES)
    if (previous !== undefined && compareBytes(previous, keyHash) >= 0) throw malformed('key hashes do not rise')
    records.push({ keyHash, value: reader.bytes(maxValueBytes) })
    previous = keyHash
  }
  return records
}

/** The leaf of a bucket, given as encoded. */
export const bucketHash = (bucket: Uint8Array): Uint8Array => taggedHash('state-bucket', bucket)
