import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { Operation } from '@borgios/protocol'
import { EARNING_MODULE } from '../src/modules/earning/earning-module.ts'
import { dutiesOf, earningsOf } from '../src/modules/earning/earning-view.ts'
import { holdTable } from '../src/modules/escrow/hold.ts'
import { JOBS_MODULE, jobHoldIdOf } from '../src/modules/jobs/jobs-module.ts'
import { leaseIdOf } from '../src/modules/leases/lease-records.ts'
import { LEASES_MODULE } from '../src/modules/leases/leases.ts'
import { memberOf } from '../src/modules/members/member.ts'
import { moneyOperations, serviceModules } from '../src/modules/service-modules.ts'
import type { OperationType } from '../src/modules/state-module.ts'
import { leaveOf } from './support/member-operations.ts'
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

test('who leaves is paid for its last epoch before its deposit goes back', () => {
  const nodes = ['node', 'second', 'third', 'fourth']
  const ledger = new SmallLedger({
    balances: { payer: 10n ** 15n, ...Object.fromEntries(nodes.map((node) => [`op of ${node}`, 10n ** 9n])) },
    members: Object.fromEntries(nodes.map((node) => [node, `op of ${node}`])),
    modules: serviceModules,
    parameters: { deposit: '1000', epochBlocks: 4, unbondingEpochs: 2 },
    parts: { earning: { remaining: '0' } },
  })
  const { open, accept } = moneyOperations.lease
  const leaseOperation = <Body>(type: OperationType<Body>, body: Body): Operation => ({
    module: LEASES_MODULE,
    kind: type.kind,
    body: type.encode(body),
  })
  const entry = { holder: named('node'), bytes: 2 ** 43, shards: 1, list: named('list') }
  const lease = { label: named('file'), isReserved: false, data: 1, parity: 0, amount: 10n ** 13n, entries: [entry] }
  const send = (from: string, operation: Operation): void => {
    const facts = ledger.facts({ timeMs: ledger.chain.timeMs + limits.ledgerMoney.maxClockStepMs })
    const { receipts } = ledger.block([ledger.transaction(from, [operation])], facts)
    assert.deepEqual(ledger.results(receipts), ['done'])
  }
  send('payer', leaseOperation(open, lease))
  const leases = [leaseIdOf(named('payer'), named('file'))]
  send('op of node', leaseOperation(accept, { node: named('node'), leases }))
  send('op of node', leaveOf('node'))
  const freeEpoch = memberOf(ledger.state, named('node'))?.freeEpoch ?? assert.fail()
  assert.equal(freeEpoch, 2)
  while (ledger.chain.epoch < freeEpoch) ledger.block([])
  const before = ledger.balance('op of node')
  for (const auditor of nodes.slice(1)) {
    const due = dutiesOf(ledger.state, freeEpoch, named(auditor))
    const findings = due.map(({ node, samples }) => ({ node, passes: samples }))
    const { kind, encode } = moneyOperations.report
    const body = encode({ auditor: named(auditor), epoch: freeEpoch, answers: named('answers'), findings })
    send(`op of ${auditor}`, { module: EARNING_MODULE, kind, body })
  }
  while (ledger.chain.epoch === freeEpoch) ledger.block([])
  assert.equal(memberOf(ledger.state, named('node')), undefined)
  const { payout, total } = earningsOf(ledger.state, freeEpoch, named('node'))
  assert.equal(payout?.outcome, 'passed')
  assert.ok(total > 0n)
  assert.equal(ledger.balance('op of node'), before + 1_000n + total)
})

test('a genesis without a sound budget is refused', () => {
  for (const earning of [{}, { remaining: 5 }, { remaining: '-1' }, { remaining: '1', more: 1 }]) {
    assert.throws(() => new SmallLedger({ modules: serviceModules, parts: { earning } }), {
      code: 'LEDGER_GENESIS_INVALID',
    })
  }
})
