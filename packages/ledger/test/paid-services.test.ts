import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { Operation } from '@borgios/protocol'
import { earningsOf } from '../src/modules/earning/earning-view.ts'
import { holdTable } from '../src/modules/escrow/hold.ts'
import { JOBS_MODULE, jobHoldIdOf } from '../src/modules/jobs/jobs-module.ts'
import { moneyOperations, serviceModules } from '../src/modules/service-modules.ts'
import type { OperationType } from '../src/modules/state-module.ts'
import { named, SmallLedger } from './support/small-ledger.ts'

const JOB = named('job').subarray(0, 16)
const MOST = { cpuMs: 60_000, mibMs: 60_000 * 512 }

const jobOperation = <Body>(type: OperationType<Body>, body: Body): Operation => ({
  module: JOBS_MODULE,
  kind: type.kind,
  body: type.encode(body),
})

/** A network of blocks and transactions with fees, on which a job is paid. */
function network(): SmallLedger {
  return new SmallLedger({
    balances: { payer: 100_000_000n, operator: 100_000_000n },
    members: { node: 'operator' },
    modules: serviceModules,
    parts: { earning: { remaining: '1000000' } },
  })
}

const { hold, assign, countersign, claim } = moneyOperations.job
const holdBody = (node: Uint8Array) => ({ job: JOB, node, most: MOST, mostAmount: 100_000n, lifeMs: 600_000 })
const reading = { payer: named('payer'), job: JOB, node: named('node'), reading: { cpuMs: 30_000, mibMs: 0 } }

test('a job is held, run, countersigned and told, by transactions in blocks', () => {
  const ledger = network()
  const set = ledger.block([ledger.transaction('payer', [jobOperation(hold, holdBody(named('node')))])])
  assert.deepEqual(ledger.results(set.receipts), ['done'])
  const paid = ledger.block([
    ledger.transaction('payer', [jobOperation(countersign, reading)]),
    ledger.transaction('operator', [jobOperation(claim, reading)]),
  ])
  assert.deepEqual(ledger.results(paid.receipts), ['done', 'done'])
  assert.equal(ledger.state.get(holdTable, jobHoldIdOf(named('payer'), JOB, named('node'))), undefined)
  // 30 s at 100 micro-units, a tenth burned.
  assert.equal(earningsOf(ledger.state, 0, named('node')).total, 2_700n)
})

test('a hold that a later operation of its transaction undoes was never there', () => {
  const ledger = network()
  const before = ledger.balance('payer')
  const bad = { ...reading, reading: { cpuMs: MOST.cpuMs + 1, mibMs: 0 } }
  const operations = [jobOperation(hold, holdBody(named('node'))), jobOperation(countersign, bad)]
  const { receipts, feesPaid } = ledger.block([ledger.transaction('payer', operations)])
  assert.deepEqual(ledger.results(receipts), ['LEDGER_BAD_TERMS'])
  assert.equal(ledger.balance('payer'), before - feesPaid)
  assert.equal(ledger.state.get(holdTable, jobHoldIdOf(named('payer'), JOB, named('node'))), undefined)
})

test('whoever chose the node late assigns and countersigns in one transaction', () => {
  const ledger = network()
  const noNode = new Uint8Array(32)
  ledger.block([ledger.transaction('payer', [jobOperation(hold, holdBody(noNode))])])
  const operations = [jobOperation(assign, { job: JOB, node: named('node') }), jobOperation(countersign, reading)]
  const { receipts } = ledger.block([ledger.transaction('payer', operations)])
  assert.deepEqual(ledger.results(receipts), ['done'])
  assert.equal(earningsOf(ledger.state, 0, named('node')).total, 2_700n)
})

test('a hold of a payer that vanished goes back with the blocks that follow', () => {
  const ledger = network()
  ledger.block([ledger.transaction('payer', [jobOperation(hold, holdBody(named('node')))])])
  const held = ledger.balance('payer')
  const step = limits.ledgerMoney.maxClockStepMs
  for (let block = 0; block * step <= 600_000; block += 1) {
    ledger.block([], ledger.facts({ timeMs: ledger.chain.timeMs + step }))
  }
  assert.ok(ledger.balance('payer') > held)
})

test('a genesis without a sound budget is refused', () => {
  for (const earning of [{}, { remaining: 5 }, { remaining: '-1' }, { remaining: '1', more: 1 }]) {
    assert.throws(() => new SmallLedger({ modules: serviceModules, parts: { earning } }), {
      code: 'LEDGER_GENESIS_INVALID',
    })
  }
})
