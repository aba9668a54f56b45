import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import fc from 'fast-check'
import { earningsOf, jobSpendingOf } from '../src/modules/earning/earning-view.ts'
import { workTable } from '../src/modules/jobs/job-records.ts'
import { jobCost } from '../src/modules/jobs/job-terms.ts'
import { NO_NODE } from '../src/modules/jobs/jobs-module.ts'
import { MoneyWorld, named, operations } from './support/money-world.ts'

const { answerMs, minHoldMs, payoutEpochs } = limits.ledgerMoney
const JOB = named('job').subarray(0, 16)
const MOST = { cpuMs: 60_000, mibMs: 512 * 60_000 }
/** 60 s at 100, and 30 GiB-s at 10. */
const MOST_COST = 6_300n
const PRICES = { cpuPrice: 100n, memoryPrice: 10n, serviceBurnPpm: 100_000 }

const body = { job: JOB, node: named('node'), most: MOST, mostAmount: MOST_COST, lifeMs: 10 * minHoldMs }
const reading = (cpuMs: number, mibMs = 0) => ({
  payer: named('payer'),
  job: JOB,
  node: named('node'),
  reading: { cpuMs, mibMs },
})

function started(parameters = {}): MoneyWorld {
  const world = new MoneyWorld({ parameters: { ...PRICES, ...parameters } })
  world.fund('payer', 10_000n)
  world.join('node', 'operator')
  world.must('payer', operations.job.hold, body)
  return world
}

test('a job holds what its limits cost, and no more than its payer allowed', () => {
  const world = started()
  assert.equal(world.balance('payer'), 10_000n - MOST_COST)
  const other = { ...body, job: named('other').subarray(0, 16) }
  assert.equal(world.send('payer', operations.job.hold, { ...other, mostAmount: MOST_COST - 1n }), 'LEDGER_PRICE_ABOVE')
  assert.equal(world.send('payer', operations.job.hold, other), 'LEDGER_FUNDS_SHORT')
  assert.equal(world.send('payer', operations.job.hold, { ...other, node: named('x') }), 'LEDGER_NO_ACTIVE_MEMBER')
  world.setMember('node', { state: 'draining' })
  assert.equal(world.send('payer', operations.job.hold, other), 'LEDGER_NO_ACTIVE_MEMBER')
})

test('a countersigned bill is paid at once, less the burned share, and told line by line to both sides', () => {
  const world = started()
  world.must('payer', operations.job.countersign, reading(10_000, 1024 * 1_000))
  assert.equal(world.balance('operator'), 909n)
  assert.equal(world.supply.burned, 101n)
  world.must(named('node'), operations.job.claim, reading(10_000, 1024 * 1_000))
  assert.equal(world.balance('payer'), 10_000n - 1_010n)
  const { lines, total } = earningsOf(world.state, 0, named('node'))
  assert.deepEqual(lines, [{ kind: 'job', job: JOB, payer: named('payer'), amount: 909n }])
  assert.equal(total, 909n)
  assert.deepEqual(jobSpendingOf(world.state, 0, named('payer')), [{ job: JOB, node: named('node'), amount: 1_010n }])
})

test('a bill above the limits of the job is refused, on either side', () => {
  const world = started()
  for (const [sender, type] of [
    ['payer', operations.job.countersign],
    ['operator', operations.job.claim],
  ] as const) {
    assert.equal(world.send(sender, type, reading(MOST.cpuMs + 1)), 'LEDGER_BAD_TERMS')
    assert.equal(world.send(sender, type, reading(0, MOST.mibMs + 1)), 'LEDGER_BAD_TERMS')
  }
  assert.equal(world.balance('payer'), 10_000n - MOST_COST)
})

test('prices are those of the time at which the money was set aside', () => {
  const world = started()
  world.setParameter('cpuPrice', 1_000_000n)
  world.must('payer', operations.job.countersign, reading(1_000))
  assert.equal(world.balance('operator') + world.supply.burned, 100n)
})

test('an executor whose requester vanished gets its bill; a requester whose executor vanished gets all back', () => {
  const vanished = started()
  vanished.must('operator', operations.job.claim, reading(10_000))
  vanished.pass(answerMs)
  assert.equal(vanished.balance('operator'), 900n)
  assert.equal(vanished.balance('payer'), 9_000n)
  const crashed = started()
  crashed.pass(10 * minHoldMs)
  assert.equal(crashed.balance('payer'), 10_000n)
})

test('an inflated bill brings the executor no more, and costs the requester at most what it set aside', () => {
  const world = started()
  world.must('operator', operations.job.claim, reading(MOST.cpuMs, MOST.mibMs))
  world.must('payer', operations.job.countersign, reading(10_000))
  assert.equal(world.balance('operator'), 900n)
  assert.equal(world.balance('payer'), 10_000n - MOST_COST)
  assert.equal(world.supply.burned, MOST_COST - 900n)
})

test('money may be set aside before a node is chosen; then it is that node’s, on the same terms', () => {
  const world = new MoneyWorld({ parameters: PRICES })
  world.fund('payer', 10_000n)
  world.join('node', 'operator')
  world.must('payer', operations.job.hold, { ...body, node: NO_NODE })
  assert.equal(world.balance('payer'), 10_000n - MOST_COST)
  const nobody = { ...reading(1), node: NO_NODE }
  for (const type of [operations.job.countersign, operations.job.claim]) {
    assert.equal(world.send('payer', type, nobody), 'LEDGER_NO_ACTIVE_MEMBER')
  }
  assert.equal(world.send('payer', operations.job.assign, { job: JOB, node: named('x') }), 'LEDGER_NO_ACTIVE_MEMBER')
  assert.equal(world.send('node', operations.job.assign, { job: JOB, node: named('node') }), 'LEDGER_NO_HOLD')
  world.setParameter('cpuPrice', 7n)
  world.must('payer', operations.job.assign, { job: JOB, node: named('node') })
  assert.equal(world.send('payer', operations.job.cancel, JOB), 'LEDGER_NO_HOLD')
  world.must('payer', operations.job.countersign, reading(10_000))
  assert.equal(world.balance('operator'), 900n)
  world.must('operator', operations.job.claim, reading(10_000))
  assert.equal(world.balance('payer'), 9_000n)
})

test('a job that no node ran costs nothing', () => {
  const world = new MoneyWorld({ parameters: PRICES })
  world.fund('payer', 10_000n)
  world.must('payer', operations.job.hold, { ...body, node: NO_NODE })
  assert.equal(world.send('thief', operations.job.cancel, JOB), 'LEDGER_NO_HOLD')
  world.must('payer', operations.job.cancel, JOB)
  assert.equal(world.balance('payer'), 10_000n)
  world.must('payer', operations.job.hold, { ...body, node: NO_NODE })
  world.pass(10 * minHoldMs)
  assert.equal(world.balance('payer'), 10_000n)
})

test('only the node of the hold, its account and the payer may speak', () => {
  const world = started()
  world.fund('thief', 1n)
  assert.equal(world.send('thief', operations.job.claim, reading(1)), 'LEDGER_NOT_PARTY')
  assert.equal(world.send('thief', operations.job.countersign, reading(1)), 'LEDGER_NOT_PARTY')
  assert.equal(world.send('payer', operations.payFromHold, { hold: named('x'), amount: 1n }), 'LEDGER_NO_HOLD')
})

test('two runs of one job on one node are one line with the sum of both', () => {
  const world = started()
  for (let run = 0; run < 2; run += 1) {
    world.must('payer', operations.job.countersign, reading(1_000))
    world.must('operator', operations.job.claim, reading(1_000))
    if (run === 0) world.must('payer', operations.job.hold, body)
  }
  const { lines, total } = earningsOf(world.state, 0, named('node'))
  assert.equal(lines.length, 1)
  assert.equal(total, 180n)
  assert.equal(world.balance('operator'), 180n)
  world.checkLayouts()
})

test('while compute counts nothing for the emission nothing is minted for it; with a weight it is, up to what is burned', () => {
  for (const computeWeightPpm of [0, 1_000_000]) {
    const world = new MoneyWorld({
      parameters: { ...PRICES, computeWeightPpm, emissionShift: 1, operatorCapPpm: 1_000_000 },
      remaining: 1_000_000n,
    })
    world.fund('payer', 10_000n)
    world.join('node', 'operator')
    world.must('payer', operations.job.hold, body)
    world.must('payer', operations.job.countersign, reading(10_000))
    world.endEpoch()
    const minted = computeWeightPpm === 0 ? 0n : 100n
    assert.equal(world.balance('operator'), 900n + minted)
    assert.equal(earningsOf(world.state, 0, named('node')).total, 900n + minted)
    assert.equal([...world.state.list(workTable)].length, 0)
  }
})

test('bills are forgotten after some epochs', () => {
  const world = started()
  world.must('payer', operations.job.countersign, reading(1_000))
  for (let epoch = 0; epoch < payoutEpochs - 1; epoch += 1) world.endEpoch()
  world.block()
  assert.equal(earningsOf(world.state, 0, named('node')).lines.length, 1)
  world.endEpoch()
  world.block()
  assert.equal(earningsOf(world.state, 0, named('node')).lines.length, 0)
})

test('a cost is rounded down, never above what its limits cost, and exact near the greatest amounts', () => {
  const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  const price = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  fc.assert(
    fc.property(counter, counter, price, price, (cpuMs, mibMs, cpuPrice, memoryPrice) => {
      const cost = jobCost({ cpuPrice, memoryPrice }, { cpuMs, mibMs })
      assert.equal(cost, (BigInt(cpuMs) * cpuPrice) / 1_000n + (BigInt(mibMs) * memoryPrice) / 1_024_000n)
      assert.ok(jobCost({ cpuPrice, memoryPrice }, { cpuMs: Math.floor(cpuMs / 2), mibMs }) <= cost)
    }),
  )
})

test('a hold whose cost is no amount is refused', () => {
  const world = new MoneyWorld({ parameters: { cpuPrice: 10_000_000_000n } })
  world.fund('payer', 10_000n)
  world.join('node', 'operator')
  const most = { cpuMs: Number.MAX_SAFE_INTEGER, mibMs: 0 }
  const result = world.send('payer', operations.job.hold, { ...body, most, mostAmount: 2n ** 64n - 1n })
  assert.equal(result, 'LEDGER_PRICE_ABOVE')
})
