import { supplyBroken } from '../errors.ts'
import type { BlockLayer } from './block-facts.ts'

/** What all records hold together must not change: whoever takes from one gives to another. Throws LEDGER_SUPPLY_BROKEN. */
export function checkSupply(state: BlockLayer): void {
  let difference = 0n
  for (const { table, before, after } of state.changes()) {
    if (before !== undefined) difference -= table.held(before)
    if (after !== undefined) difference += table.held(after)
  }
  if (difference !== 0n) throw supplyBroken(difference)
}
