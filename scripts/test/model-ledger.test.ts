import assert from 'node:assert/strict'
import { env } from 'node:process'
import { test } from 'node:test'
import { RUNS } from '../model-ledger/runs.ts'
import { check, missingPackages, verdictOf } from '../model-ledger/spin.ts'

const isFull = env['BORGIOS_TEST_FULL'] === '1'
const missing = missingPackages()
const skip = isFull ? missing.length > 0 && `${missing.join(' and ')} not installed` : 'only in the full tests'

for (const run of RUNS) {
  test(`the model of consensus: ${run.title} (${run.expects})`, { skip }, async () => {
    const { verdict, states, output } = await check(run)
    assert.equal(verdict, run.expects, output)
    if (run.expects === 'holds') assert.ok(states > 10_000, `only ${states} states were looked at`)
  })
}

test('a search that was cut short says nothing', () => {
  const complete = 'State-vector 60 byte, depth reached 137, errors: 0\n'
  assert.equal(verdictOf(complete), 'holds')
  assert.equal(verdictOf(`error: max search depth too small\n${complete}`), 'unclear')
  assert.equal(verdictOf(`Warning: Search not completed\n${complete}`), 'unclear')
  assert.equal(verdictOf('State-vector 60 byte, depth reached 137, errors: 10\n'), 'unclear')
  assert.equal(verdictOf(''), 'unclear')
  assert.equal(verdictOf('pan:1: assertion violated (number==i) (at depth 104)\n'), 'refuted')
})
