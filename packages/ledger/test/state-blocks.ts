import { SeededRandom } from '@borgios/core/testing'
import type { StatePoint, StateWriter } from '../src/index.ts'
import { StateModel } from './state-model.ts'
import { listedTexts, plainTexts, type TextTable } from './state-tables.ts'

const KEYS = 3_000
const WRITES = 60

export const pointAt = (height: number): StatePoint => ({ height, epoch: 0, block: new Uint8Array(32).fill(height) })

/** What the block of this height changes: the same whenever it is asked for. */
function* writesOf(seed: number, height: number): Iterable<readonly [TextTable, number, string | undefined]> {
  const random = new SeededRandom(seed * 1_000_003 + height)
  for (let count = 0; count < WRITES; count += 1) {
    const table = random.below(2) === 0 ? plainTexts : listedTexts
    const value = random.below(4) === 0 ? undefined : 'x'.repeat(random.below(200)) + height
    yield [table, random.below(KEYS), value]
  }
}

export function applyBlock(state: StateWriter, seed: number, height: number): void {
  for (const [table, key, value] of writesOf(seed, height)) state.set(table, key, value)
}

/** What the state after this block holds. */
export function modelAt(seed: number, height: number): StateModel {
  const model = new StateModel()
  for (let block = 1; block <= height; block += 1) {
    for (const [table, key, value] of writesOf(seed, block)) model.set(table, key, value)
  }
  return model
}
