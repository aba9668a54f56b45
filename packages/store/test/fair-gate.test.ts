import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FairGate } from '../src/transfer/fair-gate.ts'
import { propertyRuns } from './full-slice.ts'

/** Asks for a place and says whether it has been given. */
function ask(gate: FairGate<string>, key: string): { isIn: boolean } {
  const asked = { isIn: false }
  gate.enter(key).then(() => {
    asked.isIn = true
  })
  return asked
}

const turn = (): Promise<void> => new Promise(setImmediate)

describe('places that are shared fairly', () => {
  test('four busy ones get as many as they may, and others still get in', async () => {
    const gate = new FairGate<string>({ places: 48, placesEach: 8, placesForNew: 16 })
    const greedy = ['a', 'b', 'c', 'd', 'e'].map((key) => Array.from({ length: 10 }, () => ask(gate, key)))
    const honest = ask(gate, 'honest')
    await turn()
    assert.deepEqual(
      greedy.map((of) => of.filter(({ isIn }) => isIn).length),
      [8, 8, 8, 8, 1],
    )
    assert.ok(honest.isIn)
  })

  test('never too many are in, and everyone gets in once the others leave', async () => {
    const keys = ['a', 'b', 'c', 'd', 'e']
    const step = fc.record({ key: fc.constantFrom(...keys), leaves: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step),
        async (...all) => {
          const [places, each, steps] = all
          const gate = new FairGate<string>({ places, placesEach: each, placesForNew: places - each })
          const held = new Map(keys.map((key) => [key, 0]))
          let [waiting, inside] = [0, 0]
          const heldBy = (key: string): number => held.get(key) ?? 0
          for (const { key, leaves } of steps) {
            if (leaves && heldBy(key) > 0) {
              held.set(key, heldBy(key) - 1)
              inside -= 1
              gate.leave(key)
            } else if (!leaves) {
              waiting += 1
              gate.enter(key).then(() => {
                held.set(key, heldBy(key) + 1)
                waiting -= 1
                inside += 1
              })
            }
            await turn()
            assert.ok(inside <= places)
            for (const other of keys) assert.ok(heldBy(other) <= each)
          }
          for (let key = keys.find(heldBy); key !== undefined; key = keys.find(heldBy)) {
            held.set(key, heldBy(key) - 1)
            inside -= 1
            gate.leave(key)
            await turn()
          }
          assert.deepEqual([waiting, inside], [0, 0])
        },
      ),
      { numRuns: propertyRuns(50) },
    )
  })
})
