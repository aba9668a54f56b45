import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeId } from '@borgios/core'
import { leaderSchedule } from '../../src/consensus/leader-schedule.ts'
import { committeeOf } from '../../src/modules/members/committee-table.ts'
import { fullSlice } from '../full-slice.ts'
import { chainFromGenesis, keysOf } from '../support/ledger-cluster.ts'
import { Validators } from './validators.ts'

const VALIDATORS = 4
/** So long that only who is frozen misses a turn, however busy the machine is. */
const SKIP_MS = 4_000

/** Numbers of the validators in the order in which they lead epoch 0. */
function leadersOfEpoch0(): readonly number[] {
  const chain = chainFromGenesis({ nodes: VALIDATORS })
  const validators = committeeOf(chain.state, 0)?.validators ?? []
  const nodes = Array.from({ length: VALIDATORS }, (_, index) => NodeId.fromBytes(keysOf(`node ${index}`).publicKey))
  const numbers = validators.map(({ key }) => nodes.indexOf(NodeId.fromBytes(key)))
  return leaderSchedule(chain.record.beacon, 0, VALIDATORS).map((position) => numbers[position] ?? -1)
}

/** Slots between the blocks of these heights that have none. */
function skippedSlots(validators: Validators, from: number, to: number): readonly number[] {
  const skipped: number[] = []
  for (let height = from + 1; height <= to; height += 1) {
    const [before, here] = [validators.final(height - 1), validators.final(height)]
    assert(before !== undefined && here !== undefined)
    for (let slot = before.slot + 1; slot < here.slot; slot += 1) skipped.push(slot)
  }
  return skipped
}

test('a frozen validator costs its own turns and no others; of f + 1 frozen the chain stands still until they thaw', {
  timeout: 480_000,
  skip: fullSlice ? false : 'runs in the full slice',
}, async (t) => {
  await using validators = await Validators.open({
    count: VALIDATORS,
    timing: { skipMs: SKIP_MS, maxSkipMs: 2 * SKIP_MS },
  })
  const leaders = leadersOfEpoch0()

  await t.test('one', async () => {
    const from = validators.height
    const last = validators.final(from)?.slot ?? 0
    // Whoever leads soon.
    const frozen = leaders[(last + 2) % leaders.length] ?? -1
    validators.life(frozen).signal('SIGSTOP')
    const others = validators.indices.filter((index) => index !== frozen)
    await validators.untilAllReach(from + 8, others)
    const to = Math.min(...others.map((index) => validators.life(index).stands?.height ?? 0))
    validators.life(frozen).signal('SIGCONT')
    const skipped = skippedSlots(validators, from, to)
    assert(skipped.length > 0, 'its turn came')
    for (const slot of skipped) assert.equal(leaders[slot % leaders.length], frozen, `slot ${slot}`)
    await validators.untilReaches(frozen, validators.height + 2)
  })

  await t.test('two of four', async () => {
    const two = [0, 1]
    for (const index of two) validators.life(index).signal('SIGSTOP')
    // What was said before may still arrive.
    await sleep(1_000)
    const { height } = validators
    await sleep(3_000)
    assert.equal(validators.height, height, 'half of the validators decide nothing')
    for (const index of two) validators.life(index).signal('SIGCONT')
    await validators.untilAllReach(height + 4)
  })
  assert.deepEqual(validators.contradictions(), [])
})
