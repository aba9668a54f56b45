import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ledgerMutants, loadMutant, sweep } from '@borgios/sim'

/** Worlds in which a broken rule must show. */
const SEEDS = 200

for (const { name, edits, seed } of ledgerMutants) {
  test(`a core is noticed with this rule broken: ${name}`, async () => {
    const core = await loadMutant(edits)
    const { failures } = sweep({ from: seed, seeds: SEEDS, nodes: 4, faulty: 1, core, isEnough: () => true })
    assert.equal(failures.length, 1, 'no check failed')
  })
}
