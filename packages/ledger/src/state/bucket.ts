import { hash } from 'node:crypto'
import { assert, limits } from '@borgios/core'
import { HASH_BYTES, hashTag } from '@borgios/protocol'

/**
 * Where a record stands in the state: SHA-256 of its table and key, each byte as one character. A string, since it is compared and
 * looked up far more often than it is written.
 */
export type KeyHash = string

/** A record as it is to be, or that it is to be no more. */
export interface RecordChange {
  readonly hash: KeyHash
  readonly tableId: number
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

/** One record of a bucket; views of its bytes. */
export interface BucketRecord {
  readonly tableId: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The first 16 bits of a key's hash choose its bucket. */
export const BUCKET_BITS = 16
export const BUCKETS = 2 ** BUCKET_BITS

export const EMPTY_BUCKET = new Uint8Array(0)

// A record: [key's hash 32][table u8][key's length u8][key][value's length u16][value], little endian.
const TABLE_AT = HASH_BYTES
const KEY_LENGTH_AT = TABLE_AT + 1
const KEY_AT = KEY_LENGTH_AT + 1
const VALUE_LENGTH_BYTES = 2

/** Bytes a record takes in its bucket. */
export const recordBytes = (keyBytes: number, value: Uint8Array | undefined): number =>
  value === undefined ? 0 : KEY_AT + keyBytes + VALUE_LENGTH_BYTES + value.length

const keyTag = hashTag('state-key')
const keyInput = new Uint8Array(keyTag.length + 1 + limits.ledgerState.maxKeyBytes)
keyInput.set(keyTag)

export function stateKeyHash(tableId: number, key: Uint8Array): KeyHash {
  assert(key.length <= limits.ledgerState.maxKeyBytes, `a key of table ${tableId} has ${key.length} bytes`)
  keyInput[keyTag.length] = tableId
  keyInput.set(key, keyTag.length + 1)
  return hash('sha256', keyInput.subarray(0, keyTag.length + 1 + key.length), 'binary')
}

export const bucketOf = (keyHash: KeyHash): number => (keyHash.charCodeAt(0) << 8) | keyHash.charCodeAt(1)

const bucketTag = hashTag('state-bucket')
/** Hashing in one call takes half the time of hashing in steps, but wants its input in one piece. */
let bucketInput = new Uint8Array(0)

/** Hash of a bucket, each byte as one character. */
export function bucketHash(bucket: Uint8Array): string {
  const length = bucketTag.length + bucket.length
  if (bucketInput.length < length) {
    bucketInput = new Uint8Array(2 * length)
    bucketInput.set(bucketTag)
  }
  bucketInput.set(bucket, bucketTag.length)
  return hash('sha256', bucketInput.subarray(0, length), 'binary')
}

/** Value of the record with this key; a view. */
export function findValue(bucket: Uint8Array, keyHash: KeyHash): Uint8Array | undefined {
  for (let at = 0; at < bucket.length; at = recordEnd(bucket, at)) {
    const order = compareHash(bucket, at, keyHash)
    if (order === 0) return valueAt(bucket, at)
    if (order > 0) return undefined
  }
  return undefined
}

/** All its records, in order. The bucket is one that was made here or checked by its hash. */
export function* bucketRecords(bucket: Uint8Array): Iterable<BucketRecord> {
  for (let at = 0; at < bucket.length; at = recordEnd(bucket, at)) {
    const key = bucket.subarray(at + KEY_AT, at + KEY_AT + byteAt(bucket, at + KEY_LENGTH_AT))
    yield { tableId: byteAt(bucket, at + TABLE_AT), key, value: valueAt(bucket, at) }
  }
}

/** The bucket with some records written or removed: new bytes. `changes` stand in the order of their hashes. */
export function changeBucket(bucket: Uint8Array, changes: readonly RecordChange[]): Uint8Array {
  const parts: Uint8Array[] = []
  let at = 0
  let kept = 0
  for (const change of changes) {
    let order = -1
    while (at < bucket.length) {
      order = compareHash(bucket, at, change.hash)
      if (order >= 0) break
      at = recordEnd(bucket, at)
    }
    parts.push(bucket.subarray(kept, at))
    if (at < bucket.length && order === 0) at = recordEnd(bucket, at)
    if (change.value !== undefined) parts.push(encodeRecord(change, change.value))
    kept = at
  }
  parts.push(bucket.subarray(kept))
  return joined(parts)
}

function encodeRecord({ hash, tableId, key }: RecordChange, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(recordBytes(key.length, value))
  for (let at = 0; at < HASH_BYTES; at += 1) bytes[at] = hash.charCodeAt(at)
  bytes[TABLE_AT] = tableId
  bytes[KEY_LENGTH_AT] = key.length
  bytes.set(key, KEY_AT)
  const valueLengthAt = KEY_AT + key.length
  bytes[valueLengthAt] = value.length & 0xff
  bytes[valueLengthAt + 1] = value.length >> 8
  bytes.set(value, valueLengthAt + VALUE_LENGTH_BYTES)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  if (length === 0) return EMPTY_BUCKET
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The order of the record at `at` and a key: below 0 when the record stands first. */
function compareHash(bucket: Uint8Array, at: number, keyHash: KeyHash): number {
  for (let index = 0; index < HASH_BYTES; index += 1) {
    const difference = byteAt(bucket, at + index) - keyHash.charCodeAt(index)
    if (difference !== 0) return difference
  }
  return 0
}

const valueLengthAt = (bucket: Uint8Array, at: number): number => at + KEY_AT + byteAt(bucket, at + KEY_LENGTH_AT)

const recordEnd = (bucket: Uint8Array, at: number): number => {
  const lengthAt = valueLengthAt(bucket, at)
  return lengthAt + VALUE_LENGTH_BYTES + byteAt(bucket, lengthAt) + (byteAt(bucket, lengthAt + 1) << 8)
}

const valueAt = (bucket: Uint8Array, at: number): Uint8Array =>
  bucket.subarray(valueLengthAt(bucket, at) + VALUE_LENGTH_BYTES, recordEnd(bucket, at))

function byteAt(bucket: Uint8Array, at: number): number {
  const byte = bucket[at]
  assert(byte !== undefined, 'a bucket that was checked ends within a record')
  return byte
}
