import { textOf } from '../text-of.ts'
import { bucketNumber } from './bucket.ts'
import type { TreeNodes } from './bucket-tree.ts'
import type { AnyTable } from './state.ts'

/** Which record, in all the forms that looking it up takes. */
export interface RecordName {
  readonly tableId: number
  readonly key: Uint8Array
  /** As {@link recordText} gives it. */
  readonly text: string
  /** Number of its bucket. */
  readonly bucket: number
}

/** What a layer stands on: another layer, or the final state. */
export interface StateSource extends TreeNodes {
  /** The encoded value of a record; not to be changed. */
  valueOf(name: RecordName): Uint8Array | undefined
  /** Bytes of a bucket; not to be changed. */
  bucket(number: number): Uint8Array
  /** The least key, as text, of a listed table that is not below `from`. There may be no record with it any more. */
  firstKey(table: AnyTable, from: string): string | undefined
}

export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** Table and key as one string of bytes. Such strings are in the order of the records of a bucket. */
export const recordText = (tableId: number, key: Uint8Array): string => String.fromCharCode(tableId) + textOf(key)

export const recordName = (tableId: number, key: Uint8Array, text = recordText(tableId, key)): RecordName => ({
  tableId,
  key,
  text,
  bucket: bucketNumber(tableId, key),
})
