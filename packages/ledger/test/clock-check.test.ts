import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockCheck } from '../src/engine/clock-check.ts'
import { impairmentsOf } from '../src/service/impairments.ts'

const HOUR_MS = 3_600_000

/** What is said after leaders' blocks that were so far ahead of our clock, in this order. */
function heard(validators: number, ...notes: readonly (readonly [leader: number, aheadMs: number])[]) {
  const check = new ClockCheck()
  for (const [leader, aheadMs] of notes) check.note(leader, aheadMs)
  return check.offMs(validators)
}

test('a clock is off when more than a third say so, and most of those heard', () => {
  assert.equal(heard(4), undefined)
  assert.equal(heard(4, [0, HOUR_MS]), undefined, 'one of four may have a wrong clock itself')
  assert.equal(heard(4, [0, HOUR_MS], [0, HOUR_MS]), undefined)
  assert.equal(heard(4, [0, HOUR_MS], [1, HOUR_MS + 5]), HOUR_MS + 5)
  assert.equal(heard(4, [0, -HOUR_MS], [1, -HOUR_MS]), -HOUR_MS)
  assert.equal(heard(4, [0, -HOUR_MS], [1, HOUR_MS]), undefined)
  assert.equal(heard(4, [0, 9_000], [1, -9_000], [2, 10_000]), undefined, 'that is no more than blocks may be off')
  assert.equal(heard(7, [0, HOUR_MS], [1, HOUR_MS], [2, HOUR_MS], [3, 0], [4, 0], [5, 0]), undefined)
  assert.equal(heard(2, [0, HOUR_MS]), HOUR_MS)
})

test('once the clocks agree again nothing is off', () => {
  assert.equal(heard(4, [0, HOUR_MS], [1, HOUR_MS], [0, 3], [1, 3]), undefined)
})

test('what keeps a node from its part is said with what to do, the worst first', () => {
  const well = { lastHeight: 600, isMuted: false, clockOffMs: undefined, diskWhy: undefined }
  assert.deepEqual(impairmentsOf(well), [])
  const all = impairmentsOf({ lastHeight: 600, isMuted: true, clockOffMs: -HOUR_MS, diskWhy: 'the disk is full' })
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ['keyUsedElsewhere', 'clock', 'disk'],
  )
  assert.match(all[0]?.why ?? '', /before height 600/)
  assert.match(all[1]?.why ?? '', /1h 0m ahead of those/)
  assert.match(all[2]?.why ?? '', /the disk is full/)
  assert.match(impairmentsOf({ ...well, clockOffMs: HOUR_MS })[0]?.why ?? '', /1h 0m behind those/)
  for (const { todo } of all) assert.ok(todo.length > 0)
})
