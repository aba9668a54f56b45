import { assert } from '@borgios/core'
import { ACCOUNTS_TABLE, type Account, decodeAccount, HASH_BYTES } from '@borgios/protocol'

/** Port: a kind of record in the state, as far as reading it goes; the tables of the room `ledger` are such. */
export interface RecordTable<Key, Value> {
  /** 1 to 255. */
  readonly id: number
  encodeKey(key: Key): Uint8Array
  /** Throws PROTOCOL_MALFORMED. */
  decode(bytes: Uint8Array): Value
}

/** Accounts, by their 32 bytes. */
export const accountRecords: RecordTable<Uint8Array, Account> = {
  id: ACCOUNTS_TABLE,
  encodeKey(account) {
    assert(account.length === HASH_BYTES, 'an account has 32 bytes')
    return account
  },
  decode: decodeAccount,
}
