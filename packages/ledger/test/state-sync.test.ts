import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LedgerFleet, until } from './support/ledger-fleet.ts'

const SMALL = { validators: 4, followers: 1, epochBlocks: 5 }
const NEW = 4

/** Blocks become final until all validators have forgotten the first ones. */
const pruned = (fleet: LedgerFleet): Promise<void> =>
  until('pruned', () => [0, 1, 2, 3].every((index) => (fleet.ledger(index).keptFrom ?? 0) > 1))

test('a new node gets the state where nobody keeps the first blocks any more, and follows from there on', {
  timeout: 120_000,
}, async () => {
  await using fleet = await LedgerFleet.open(SMALL)
  await pruned(fleet)
  const newcomer = await fleet.start(NEW)
  const { height } = fleet.ledger(0).status()
  await until('there', () => newcomer.status().height > height + 5)
  assert((newcomer.keptFrom ?? 0) > 1, 'it has no first blocks')
  assert.equal(newcomer.status().haltedWhy, undefined)
  const at = newcomer.status().height
  await fleet.stop(NEW)
  const again = await fleet.start(NEW)
  assert(again.status().height >= at)
  await until('going on', () => again.status().height > at + 5)
})
