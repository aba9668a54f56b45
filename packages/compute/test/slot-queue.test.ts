import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeededRandom } from '@borgios/core/testing'
import { emptySlots, type SlotEffect, stepSlots } from '../src/executor/slot-queue.ts'
import { fullSlice } from './support/slice.ts'

const SEEDS = fullSlice ? 2_000 : 100
const STEPS = 200

describe('slots and their queue', () => {
  it('start, wait and refuse in order of arrival', () => {
    let state = emptySlots(1, 1)
    const effects: SlotEffect[] = []
    for (const event of [
      { kind: 'arrived', job: 'a' },
      { kind: 'arrived', job: 'b' },
      { kind: 'arrived', job: 'c' },
      { kind: 'left', job: 'a' },
    ] as const) {
      const step = stepSlots(state, event)
      state = step.state
      effects.push(...step.effects)
    }
    assert.deepEqual(effects, [
      { kind: 'start', job: 'a' },
      { kind: 'wait', job: 'b', ahead: 0 },
      { kind: 'refuse', job: 'c' },
      { kind: 'start', job: 'b' },
    ])
  })

  it('keep their bounds, lose nobody, leave no slot idle, and start in order, over random histories', () => {
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const random = new SeededRandom(seed)
      const [slots, maxQueued] = [random.below(4), random.below(4)]
      let state = emptySlots(slots, maxQueued)
      const started: number[] = []
      const present = new Set<string>()
      for (let step = 0; step < STEPS; step += 1) {
        const leaver = random.chance(0.5) ? random.pick([...present]) : undefined
        const event =
          leaver === undefined
            ? { kind: 'arrived' as const, job: String(step) }
            : { kind: 'left' as const, job: leaver }
        const result = stepSlots(state, event)
        state = result.state
        if (event.kind === 'arrived') present.add(event.job)
        else present.delete(event.job)
        for (const effect of result.effects) {
          if (effect.kind === 'refuse') present.delete(effect.job)
          if (effect.kind === 'start') started.push(Number(effect.job))
        }
        const why = `seed ${seed}, step ${step}`
        assert.ok(state.running.length <= slots && state.queued.length <= maxQueued, why)
        assert.deepEqual([...state.running, ...state.queued].sort(), [...present].sort(), why)
        assert.ok(state.queued.length === 0 || state.running.length === slots, why)
      }
      assert.deepEqual(
        started,
        started.toSorted((a, b) => a - b),
        `seed ${seed}`,
      )
    }
  })
})
