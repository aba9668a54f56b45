import { assert } from '@borgios/core'
import { STATE_BUCKETS } from '@borgios/protocol'
import { NO_SUPPLY, type Supply, supplyTable } from '../modules/supply/supply-table.ts'
import { recordsIn } from '../state/bucket.ts'
import type { AnyTable } from '../state/state.ts'
import type { StateSnapshot } from '../state/state-snapshot.ts'

/** What the records of one table hold together. */
export interface Holding {
  readonly table: string
  readonly records: number
  /** Micro-units. */
  readonly held: bigint
}

/** Where all that was ever minted is, after one block. Whoever adds up `held`, treasury and burned gets what was minted. */
export interface Holdings {
  readonly height: number
  readonly supply: Supply
  /** Tables that hold something, but for that of the supply. */
  readonly holdings: readonly Holding[]
}

/** Buckets looked at before others get their turn: some milliseconds at a million records. */
const BUCKETS_PER_TURN = 256

/** Decodes every record of the state, so that it says what is there and not what somebody counted. Throws PROTOCOL_MALFORMED. */
export async function countHoldings(snapshot: StateSnapshot, tables: readonly AnyTable[]): Promise<Holdings> {
  const byId = new Map(tables.map((table) => [table.id, { table, records: 0, held: 0n }]))
  let supply = NO_SUPPLY
  for (let number = 0; number < STATE_BUCKETS; number += 1) {
    if (number % BUCKETS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
    for (const { tableId, value } of recordsIn(snapshot.bucket(number))) {
      const count = byId.get(tableId)
      assert(count !== undefined, `a record is of one of the tables, and not of ${tableId}`)
      const decoded = count.table.decode(value)
      count.records += 1
      count.held += count.table.held(decoded)
      if (tableId === supplyTable.id) supply = supplyTable.decode(value)
    }
  }
  const holdings = [...byId.values()]
    .filter(({ table, held }) => table.id !== supplyTable.id && held !== 0n)
    .map(({ table, records, held }) => ({ table: table.name, records, held }))
  return { height: snapshot.point.height, supply, holdings }
}
