/**
 * One kind of record in the state. Two records differ in table or key; what they say and hold is the table's business. Encodings are
 * canonical: one value has one encoding. Values are not changed once they are made: the state hands the same one to many readers.
 */
export interface Table<Key, Value> {
  /** Unique over all modules, 1 to 255: the first byte of each of its keys. */
  readonly id: number
  readonly name: string
  /** Whether its records can be listed in the order of their encoded keys. Costs memory for each: not for accounts. */
  readonly isListed: boolean
  encodeKey(key: Key): Uint8Array
  decodeKey(bytes: Uint8Array): Key
  encode(value: Value): Uint8Array
  decode(bytes: Uint8Array): Value
  /** Micro-units of the currency that this record holds: its part of the supply. */
  held(value: Value): bigint
}

/** Some table: what every table can be taken for. */
export type AnyTable = Table<unknown, unknown>

export interface StateReader {
  get<Key, Value>(table: Table<Key, Value>, key: Key): Value | undefined
  /** Records of a listed table in the order of their encoded keys, from `from` on. What is written meanwhile may or may not appear. */
  list<Key, Value>(table: Table<Key, Value>, from?: Key): Iterable<readonly [Key, Value]>
}

export interface StateWriter extends StateReader {
  /**
   * Writes a record, or removes it. Throws LEDGER_BUCKET_FULL when a transaction would let the state grow where no room is left for
   * it; what the protocol writes by itself is never refused.
   */
  set<Key, Value>(table: Table<Key, Value>, key: Key, value: Value | undefined): void
}

/** What a layer changed of one record. A value that is undefined: no record. */
export interface StateChange {
  readonly table: AnyTable
  /** As the table encodes it. */
  readonly key: Uint8Array
  readonly before: unknown
  readonly after: unknown
}

/** Which block a state is the state after. */
export interface StatePoint {
  readonly height: number
  readonly epoch: number
  /** 32 bytes: the hash of the block. */
  readonly block: Uint8Array
}

/** Before genesis: the empty state. */
export const EMPTY_POINT: StatePoint = { height: 0, epoch: 0, block: new Uint8Array(32) }
