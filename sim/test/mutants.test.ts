import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Mutant, mutants, runChaos, runScenario, scenarios } from '@borgios/sim'
import { seedsFrom } from './slice.ts'

/** What a check of the simulator says; a mutant that merely breaks is caught by nothing. */
const SAID_BY_A_CHECK = /\bseed \d+/

/** What this suite says of a mutant, if it notices it. */
function verdictOn({ stepper }: Mutant): string | undefined {
  try {
    for (const seed of seedsFrom(0, 20)) runChaos({ seed, nodes: 2 + seed, stepper })
    for (const seed of seedsFrom(20, 20)) runChaos({ seed, nodes: 2 + seed, stepper, cuts: false })
    for (const scenario of scenarios) runScenario(scenario, 1, stepper)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    assert.match(said, SAID_BY_A_CHECK)
    return said
  }
  return undefined
}

for (const mutant of mutants) {
  test(`a core is caught in which ${mutant.name}`, () => {
    assert.notEqual(verdictOn(mutant), undefined, 'no check failed')
  })
}
