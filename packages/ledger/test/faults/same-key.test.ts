import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fullSlice } from '../full-slice.ts'
import type { ValidatorProcess } from './validators.ts'
import { Validators } from './validators.ts'

const isSilent = ({ stands }: ValidatorProcess): boolean =>
  stands?.impairments.some(({ kind }) => kind === 'keyUsedElsewhere') === true

test('two processes with one key: whoever learns of the other falls silent and says why, and there is no fork', {
  timeout: 480_000,
  skip: fullSlice ? false : 'runs in the full slice',
}, async () => {
  await using validators = await Validators.open({ count: 4 })
  const first = validators.life(0)
  const twin = await validators.startTwin(0)
  assert.equal(twin.refused, undefined)
  await validators.until(() => isSilent(first) || isSilent(twin))
  const { height } = validators
  await validators.untilAllReach(height + 12, [1, 2, 3])
  const silent = isSilent(first) ? first : twin
  assert.match(
    silent.stands?.impairments[0]?.why ?? '',
    /another process has the same key, .*says nothing before height/,
  )
  assert(silent.logged.some((line) => line.includes('votes by the key of this node')))
  assert.deepEqual(validators.contradictions([1, 2, 3]), [])
})
