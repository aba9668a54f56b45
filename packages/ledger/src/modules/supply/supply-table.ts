import { ByteReader, ByteWriter } from '@borgios/protocol'
import type { Table } from '../../state/state.ts'
import { type Only, onlyKey } from '../singleton.ts'

/** What became of all that was ever minted, but for what other records hold. Micro-units. */
export interface Supply {
  readonly treasury: bigint
  readonly burned: bigint
  readonly minted: bigint
}

export const NO_SUPPLY: Supply = { treasury: 0n, burned: 0n, minted: 0n }

const RECORD_BYTES = 3 * 8

/** Holds what is owed to the outside, negative, so that all records of the state together hold nothing. */
export const supplyTable: Table<Only, Supply> = {
  id: 2,
  name: 'supply',
  isListed: false,
  ...onlyKey,
  encode: ({ treasury, burned, minted }) =>
    new ByteWriter(RECORD_BYTES).amount(treasury).amount(burned).amount(minted).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const supply = { treasury: reader.amount(), burned: reader.amount(), minted: reader.amount() }
    reader.end()
    return supply
  },
  held: ({ treasury, burned, minted }) => treasury + burned - minted,
}
