/**
 * One kind of record in the state. Two records differ in table or key; what they say and hold is the table's business. Encodings are
 * canonical: one value has one encoding.
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

export interface StateReader {
  get<Key, Value>(table: Table<Key, Value>, key: Key): Value | undefined
  /** Records of a listed table in the order of their encoded keys, from `from` on. What is written meanwhile may or may not appear. */
  list<Key, Value>(table: Table<Key, Value>, from?: Key): Iterable<readonly [Key, Value]>
}

export interface StateWriter extends StateReader {
  /** Writes a record, or removes it. */
  set<Key, Value>(table: Table<Key, Value>, key: Key, value: Value | undefined): void
}
