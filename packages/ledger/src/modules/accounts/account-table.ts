import { ACCOUNTS_TABLE, type Account, decodeAccount, encodeAccount } from '@borgios/protocol'
import type { StateReader, Table } from '../../state/state.ts'
import { hashKey } from '../hash-key.ts'

/** Keyed by the account's 32 bytes. */
export const accountTable: Table<Uint8Array, Account> = {
  id: ACCOUNTS_TABLE,
  name: 'accounts',
  isListed: false,
  ...hashKey,
  encode: encodeAccount,
  decode: decodeAccount,
  held: ({ balance }) => balance,
}

/** Undefined if it was never opened. */
export const accountOf = (state: StateReader, account: Uint8Array): Account | undefined =>
  state.get(accountTable, account)
