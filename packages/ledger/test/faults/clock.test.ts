import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullSlice } from '../full-slice.ts'
import { Validators } from './validators.ts'

const HOUR_MS = 3_600_000
const WRONG = 3
const RIGHT = [0, 1, 2]

test('a clock that is off by an hour is said at once by whose it is, and the chain goes on', {
  timeout: 480_000,
  skip: fullSlice ? false : 'runs in the full slice',
}, async (t) => {
  await using validators = await Validators.open({ count: 4 })
  const impairments = (index: number) => validators.life(index).stands?.impairments ?? []

  for (const [where, clockAheadMs] of [
    ['ahead of', HOUR_MS],
    ['behind', -HOUR_MS],
  ] as const) {
    await t.test(where, async () => {
      await validators.end(WRONG)
      await validators.start(WRONG, { clockAheadMs })
      await validators.until(() => impairments(WRONG).length > 0)
      assert.match(
        impairments(WRONG)[0]?.why ?? '',
        new RegExp(`clock of this machine is (1h|59m)[ 0-9ms]* ${where} those of`),
      )
      await validators.untilAllReach(validators.height + 8)
      const warnings = validators.life(WRONG).logged.filter((line) => line.includes('clock is not that'))
      assert.equal(warnings.length, 1, 'it is said once')
      for (const index of RIGHT) assert.deepEqual(impairments(index), [])
    })
  }

  await t.test('and once it is right, nothing is said any more', async () => {
    await validators.end(WRONG)
    await validators.start(WRONG, {})
    await validators.untilReaches(WRONG, validators.height + 8)
    assert.deepEqual(impairments(WRONG), [])
  })
  assert.deepEqual(validators.contradictions(), [])
})
