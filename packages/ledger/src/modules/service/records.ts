import { assert } from '@borgios/core'
import { ByteReader, ByteWriter, compareBytes, HASH_BYTES, malformed } from '@borgios/protocol'
import type { Table } from '../../state/state.ts'
import type { OperationContext, OperationType } from '../state-module.ts'

/** How a value stands in bytes: one value, one encoding. */
export interface Layout<Value> {
  write(writer: ByteWriter, value: Value): void
  /** Throws PROTOCOL_MALFORMED. */
  read(reader: ByteReader): Value
}

function encode<Value>(layout: Layout<Value>, value: Value): Uint8Array {
  const writer = new ByteWriter()
  layout.write(writer, value)
  return writer.finish()
}

function decode<Value>(layout: Layout<Value>, bytes: Uint8Array): Value {
  const reader = new ByteReader(bytes)
  const value = layout.read(reader)
  reader.end()
  return value
}

interface TableSpec<Key, Value> {
  readonly id: number
  readonly name: string
  readonly isListed: boolean
  readonly key: Layout<Key>
  readonly value: Layout<Value>
  /** Nothing, unless it is said what. */
  readonly held?: (value: Value) => bigint
}

/** A table from the layouts of its keys and values. */
export const tableOf = <Key, Value>({
  id,
  name,
  isListed,
  key,
  value,
  held,
}: TableSpec<Key, Value>): Table<Key, Value> => ({
  id,
  name,
  isListed,
  encodeKey: (one) => encode(key, one),
  decodeKey: (bytes) => decode(key, bytes),
  encode: (one) => encode(value, one),
  decode: (bytes) => decode(value, bytes),
  held: held ?? (() => 0n),
})

interface OperationSpec<Body> {
  readonly kind: number
  readonly name: string
  readonly body: Layout<Body>
  units(body: Body): number
  apply(context: OperationContext, body: Body): void
}

/** An operation from the layout of its body. */
export const operationOf = <Body>({ kind, name, body, units, apply }: OperationSpec<Body>): OperationType<Body> => ({
  kind,
  name,
  encode: (one) => encode(body, one),
  decode: (bytes) => decode(body, bytes),
  units,
  apply,
})

/** 32 bytes: an account, a node, a hash. */
export const hashLayout: Layout<Uint8Array> = {
  write: (writer, hash) => {
    assert(hash.length === HASH_BYTES, 'accounts, nodes and hashes have 32 bytes')
    writer.fixed(hash)
  },
  read: (reader) => reader.fixed(HASH_BYTES),
}

/** A list of which each is above the one before it, in at most so many entries. */
export const risingLayout = <Item>(
  item: Layout<Item>,
  keyOf: (one: Item) => Uint8Array,
  maxItems: number,
): Layout<readonly Item[]> => ({
  write(writer, items) {
    writer.u16(items.length)
    for (const one of items) item.write(writer, one)
  },
  read(reader) {
    const count = reader.u16()
    if (count > maxItems) throw malformed(`${count} entries where at most ${maxItems} may stand`)
    const items: Item[] = []
    let last: Uint8Array | undefined
    for (let index = 0; index < count; index += 1) {
      const one = item.read(reader)
      const key = keyOf(one)
      if (last !== undefined && compareBytes(last, key) >= 0) throw malformed('entries that do not rise')
      last = key
      items.push(one)
    }
    return items
  },
})

/** Hashes of which each is above the one before it. */
export const risingHashes = (maxItems: number): Layout<readonly Uint8Array[]> =>
  risingLayout(hashLayout, (hash) => hash, maxItems)

/** Nothing at all: the key says everything. */
export const nothingLayout: Layout<true> = { write: () => undefined, read: () => true }

const MAX_U32 = 2 ** 32

/** A counter in a key, most significant byte first: lists then come in its order. */
export const orderedCounter: Layout<number> = {
  write(writer, value) {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is no counter`)
    const bytes = new Uint8Array(8)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, Math.floor(value / MAX_U32))
    view.setUint32(4, value % MAX_U32)
    writer.fixed(bytes)
  },
  read(reader) {
    const bytes = reader.fixed(8)
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
    const value = view.getUint32(0) * MAX_U32 + view.getUint32(4)
    if (!Number.isSafeInteger(value)) throw malformed('a counter above 2^53 - 1')
    return value
  },
}

const HALF_BITS = 64n
const HALF = 2n ** HALF_BITS

/** A product of bytes, price and time: sixteen bytes. */
export const wideLayout: Layout<bigint> = {
  write(writer, value) {
    assert(value >= 0n && value < HALF * HALF, `${value} does not fit sixteen bytes`)
    writer.amount(value % HALF).amount(value >> HALF_BITS)
  },
  read(reader) {
    const low = reader.amount()
    return (reader.amount() << HALF_BITS) + low
  },
}

/** 0 or 1. */
export const flagLayout: Layout<boolean> = {
  write: (writer, flag) => void writer.u8(flag ? 1 : 0),
  read(reader) {
    const flag = reader.u8()
    if (flag > 1) throw malformed('a flag that is neither 0 nor 1')
    return flag === 1
  },
}

export const isSameBytes = (left: Uint8Array, right: Uint8Array): boolean => compareBytes(left, right) === 0

/** Bytes as the key of a Map. */
export const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
