import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Vote } from '@borgios/protocol'
import { committeeOf } from '../src/modules/members/committee-table.ts'
import type { Evidence, SignedHeader } from '../src/modules/members/evidence.ts'
import { memberOf } from '../src/modules/members/member.ts'
import { ledgerServices } from '../src/modules/service/ledger-service-ports.ts'
import type { StateModule } from '../src/modules/state-module.ts'
import { agreed, drainOf, joinOf, leaveOf, termsOf } from './support/member-operations.ts'
import { accuse, proposal, vote } from './support/misdeeds.ts'
import { named, SmallLedger } from './support/small-ledger.ts'

const RICH = 10n ** 12n
const DEPOSIT = 1_001n

const votes = (first: Vote, second: Vote): Evidence => ({ kind: 'votes', first, second })
const proposals = (first: SignedHeader, second: SignedHeader): Evidence => ({ kind: 'proposals', first, second })

function withMember(): SmallLedger {
  const ledger = new SmallLedger({
    balances: { founder: RICH, op: RICH, reporter: RICH },
    parameters: { deposit: String(DEPOSIT), reporterPpm: 100_000, epochBlocks: 2, unbondingEpochs: 3 },
  })
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'done')
  return ledger
}

const report = (evidence: Evidence, ledger = withMember()): string | undefined =>
  ledger.try('reporter', [accuse({ node: named('node'), evidence })])

test('who signed two truths loses the deposit: a share to the reporter, the rest burned', () => {
  const ledger = withMember()
  const { burned } = ledger.supply
  const evidence = votes(vote('notar', 'a'), vote('notar', 'b'))
  const { receipts, feesPaid } = ledger.block([
    ledger.transaction('reporter', [accuse({ node: named('node'), evidence })]),
  ])
  assert.deepEqual(ledger.results(receipts), ['done'])
  assert.equal(ledger.balance('reporter'), RICH - feesPaid + 100n)
  assert.equal(ledger.supply.burned, burned + feesPaid / 2n + DEPOSIT - 100n)
  const member = memberOf(ledger.state, named('node'))
  assert.deepEqual([member?.state, member?.deposit], ['slashed', 0n])
})

test('evidence is two votes of one slot that no honest validator signs both', () => {
  assert.equal(report(votes(vote('final', 'a'), vote('final', 'b'))), 'done')
  assert.equal(report(votes(vote('final', 'a'), vote('skip', ''))), 'done')
  assert.equal(report(votes(vote('skip', ''), vote('final', 'a'))), 'done')
  const innocent = [
    votes(vote('notar', 'a'), vote('notar', 'a')),
    votes(vote('notar', 'a'), vote('final', 'a')),
    votes(vote('notar', 'a'), vote('final', 'b')),
    votes(vote('notar', 'a'), vote('skip', '')),
    votes(vote('skip', ''), vote('skip', '')),
    votes(vote('notar', 'a'), vote('notar', 'b', { slot: 5 })),
    votes(vote('notar', 'a'), vote('notar', 'b', { epoch: 1 })),
  ]
  for (const evidence of innocent) assert.equal(report(evidence), 'LEDGER_EVIDENCE_WEAK')
})

test('evidence is two blocks that one leader offered in one slot', () => {
  assert.equal(report(proposals(proposal('a'), proposal('b'))), 'done')
  assert.equal(report(proposals(proposal('a'), proposal('a', { timeMs: 2 }))), 'done')
  const innocent = [
    proposals(proposal('a'), proposal('a')),
    proposals(proposal('a'), proposal('b', { slot: 5 })),
    proposals(proposal('a'), proposal('b', { epoch: 1 })),
    proposals(proposal('a', {}, 'other'), proposal('b')),
    proposals(proposal('a'), proposal('b', {}, 'other')),
    proposals(proposal('a'), { ...proposal('b'), signature: proposal('a').signature }),
  ]
  for (const evidence of innocent) assert.equal(report(evidence), 'LEDGER_EVIDENCE_WEAK')
})

test('what somebody else signed, or for another network, proves nothing', () => {
  const weak = [
    votes(vote('notar', 'a', {}, 'other'), vote('notar', 'b')),
    votes(vote('notar', 'a'), vote('notar', 'b', {}, 'other')),
    votes(vote('notar', 'a', {}, 'node', named('elsewhere')), vote('notar', 'b', {}, 'node', named('elsewhere'))),
  ]
  for (const evidence of weak) assert.equal(report(evidence), 'LEDGER_EVIDENCE_WEAK')
})

test('a member is slashed once, and its key never comes back', () => {
  const ledger = withMember()
  const evidence = votes(vote('notar', 'a'), vote('notar', 'b'))
  assert.equal(report(evidence, ledger), 'done')
  assert.equal(report(votes(vote('final', 'a'), vote('final', 'b')), ledger), 'LEDGER_MEMBER_STATE')
  assert.equal(ledger.try('op', [leaveOf('node')]), 'LEDGER_MEMBER_STATE')
  assert.equal(ledger.try('op', [drainOf('node', false)]), 'LEDGER_MEMBER_STATE')
  while (ledger.chain.epoch < 6) ledger.block([])
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'LEDGER_MEMBER_EXISTS')
  assert.equal(memberOf(ledger.state, named('node'))?.deposit, 0n)
})

test('who leaves is answerable until the deposit is back', () => {
  const ledger = withMember()
  assert.equal(ledger.try('op', [leaveOf('node')]), 'done')
  const evidence = votes(vote('notar', 'a'), vote('notar', 'b'))
  const freed = withMember()
  assert.equal(freed.try('op', [leaveOf('node')]), 'done')
  while (freed.chain.epoch < 5) freed.block([])
  assert.equal(report(evidence, ledger), 'done')
  const balance = ledger.balance('op')
  while (ledger.chain.epoch < 5) ledger.block([])
  assert.equal(ledger.balance('op'), balance)
  assert.equal(report(evidence, freed), 'LEDGER_NOT_MEMBER')
})

test('who is put out when an epoch ends, in its last block or by the end of its epoch, does not decide in the next', () => {
  const isDeciding = (ledger: SmallLedger): boolean =>
    committeeOf(ledger.state, ledger.chain.epoch)?.validators.some(
      ({ key }) => Buffer.compare(key, named('node')) === 0,
    ) === true
  const strict: StateModule = {
    id: 200,
    name: 'strict',
    tables: [],
    operations: [],
    refusals: {},
    onEpochEnd: (context) => context.epoch === 1 && ledgerServices.members.slash(context, named('node')),
  }
  const options = {
    balances: { founder: RICH, op: RICH, reporter: RICH },
    members: { first: 'founder', node: 'op' },
    parameters: { epochBlocks: 2 },
  }
  const faithful = new SmallLedger(options)
  const judged = new SmallLedger({ ...options, modules: [strict] })
  const accused = new SmallLedger(options)
  for (const ledger of [faithful, judged, accused]) {
    while (ledger.chain.lastHeight !== ledger.chain.height + 1 || ledger.chain.epoch === 0) ledger.block([])
    assert.ok(isDeciding(ledger))
  }
  faithful.block([])
  judged.block([])
  const evidence = votes(vote('notar', 'a'), vote('notar', 'b'))
  assert.equal(accused.try('reporter', [accuse({ node: named('node'), evidence })]), 'done')
  assert.deepEqual([faithful, judged, accused].map(isDeciding), [true, false, false])
})
