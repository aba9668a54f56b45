import { compareBytes } from '@borgios/protocol'
import { notGovernors } from '../../errors.ts'
import type { Table } from '../../state/state.ts'
import { hashKey } from '../hash-key.ts'
import { ONLY, type Only, onlyKey } from '../singleton.ts'
import type { OperationContext } from '../state-module.ts'

/** The account whose majority changes parameters: 32 bytes. */
export const governorsTable: Table<Only, Uint8Array> = {
  id: 5,
  name: 'governors',
  isListed: false,
  ...onlyKey,
  encode: hashKey.encodeKey,
  decode: hashKey.decodeKey,
  held: () => 0n,
}

/** Throws LEDGER_NOT_GOVERNORS unless the majority of the governors signed. */
export function checkGovernors({ state, sender }: OperationContext): void {
  const governors = state.get(governorsTable, ONLY)
  if (governors === undefined || compareBytes(governors, sender) !== 0) throw notGovernors()
}
