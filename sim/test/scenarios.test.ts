import { test } from 'node:test'
import { runScenario, scenarios } from '@borgios/sim'
import { isFull, seedsFrom } from './slice.ts'

for (const scenario of scenarios) {
  test(`${scenario.name}: whole again within ${scenario.healWithinMs} ms`, () => {
    for (const seed of seedsFrom(1, isFull ? 30 : 3)) runScenario(scenario, seed)
  })
}
