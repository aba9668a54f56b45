import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullSlice } from '../full-slice.ts'
import { KILL_POINTS } from './orders.ts'
import { Validators } from './validators.ts'

/** Where the difference is greatest: durable and not said yet. */
const POINTS = fullSlice ? KILL_POINTS : (['journal: after a sync'] as const)
/** How many blocks a validator must be final with after its return. */
const BLOCKS_AFTER = 3

test('killed at every point between log and send: no validator contradicts itself, and the chain goes on', {
  timeout: 480_000,
}, async (t) => {
  await using validators = await Validators.open({ count: 4, epochBlocks: 60 })
  for (const [number, point] of POINTS.entries()) {
    await t.test(point, async () => {
      const index = number % 4
      await validators.untilDeadAt(index, point, 1 + ((number * 7) % 3))
      await validators.start(index)
      await validators.untilReaches(index, validators.height + BLOCKS_AFTER)
    })
  }
  await t.test('two of four at once', { skip: fullSlice ? false : 'runs in the full slice' }, async () => {
    await Promise.all([
      validators.untilDeadAt(1, 'journal: before a sync', 2),
      validators.untilDeadAt(2, 'links: after a send', 3),
    ])
    for (const index of [1, 2]) await validators.start(index)
    await validators.untilAllReach(validators.height + BLOCKS_AFTER)
  })
  assert.deepEqual(validators.contradictions(), [])
})
