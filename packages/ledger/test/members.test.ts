import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { committeeHash } from '@borgios/protocol'
import { epochSeal } from '../src/execution/epoch-seal.ts'
import { committeeOf, leaderAccount } from '../src/modules/members/committee-table.ts'
import type { JoinTerms } from '../src/modules/members/join.ts'
import { type Member, memberOf } from '../src/modules/members/member.ts'
import { agreed, drainOf, joinOf, leaveOf, termsOf, updateOf } from './support/member-operations.ts'
import { named, OFFER, SmallLedger, type SmallLedgerOptions } from './support/small-ledger.ts'

const RICH = 10n ** 12n
const DEPOSIT = 1_000n

const smallNetwork = (options: SmallLedgerOptions = {}): SmallLedger =>
  new SmallLedger({
    balances: { founder: RICH, op: RICH, other: RICH },
    ...options,
    parameters: { deposit: String(DEPOSIT), epochBlocks: 2, unbondingEpochs: 3, ...options.parameters },
  })

const memberIn = (ledger: SmallLedger, node: string): Member | undefined => memberOf(ledger.state, named(node))
const isDeciding = (ledger: SmallLedger, node: string): boolean =>
  committeeOf(ledger.state, ledger.chain.epoch)?.validators.some(
    ({ key }) => Buffer.compare(key, named(node)) === 0,
  ) === true

function toNextEpoch(ledger: SmallLedger): void {
  const { epoch } = ledger.chain
  while (ledger.chain.epoch === epoch) ledger.block([])
}

test('a node joins with its deposit and decides from the next epoch on', () => {
  const ledger = smallNetwork()
  const { feesPaid } = ledger.block([ledger.transaction('op', [joinOf(agreed(termsOf('node', 'op')))])])
  assert.equal(ledger.balance('op'), RICH - DEPOSIT - feesPaid)
  assert.deepEqual(memberIn(ledger, 'node'), {
    ...OFFER,
    account: named('op'),
    state: 'active',
    operator: named('op'),
    payer: named('op'),
    sponsor: undefined,
    deposit: DEPOSIT,
    sponsored: 0,
    joinedEpoch: 0,
    freeEpoch: 0,
  })
  assert.ok(!isDeciding(ledger, 'node'))
  toNextEpoch(ledger)
  assert.ok(isDeciding(ledger, 'node'))
})

test('nobody joins without the consent of its node, in time, and its operator', () => {
  const refused = (terms: JoinTerms, from = 'op', change: Partial<ReturnType<typeof agreed>> = {}) =>
    smallNetwork().try(from, [joinOf({ ...agreed(terms), ...change })])
  const good = termsOf('node', 'op')
  assert.equal(refused(good), 'done')
  assert.equal(refused(good, 'other'), 'LEDGER_CONSENT_BAD')
  assert.equal(refused(good, 'op', { nodeSignature: new Uint8Array(64) }), 'LEDGER_CONSENT_BAD')
  for (const change of [
    { account: named('thief') },
    { cores: 9 },
    { capacityBytes: 1 },
    { release: '9' },
    { untilEpoch: 99 },
  ])
    assert.equal(refused(good, 'op', change), 'LEDGER_CONSENT_BAD', Object.keys(change)[0])
  assert.equal(smallNetwork().try('op', [joinOf(agreed(good, named('elsewhere')))]), 'LEDGER_CONSENT_BAD')
  const { maxConsentEpochs } = limits.ledgerMoney
  assert.equal(refused({ ...good, untilEpoch: maxConsentEpochs }), 'done')
  assert.equal(refused({ ...good, untilEpoch: maxConsentEpochs + 1 }), 'LEDGER_CONSENT_BAD')
  const late = smallNetwork()
  toNextEpoch(late)
  assert.equal(late.try('op', [joinOf(agreed({ ...good, untilEpoch: 0 }))]), 'LEDGER_CONSENT_BAD')
  assert.equal(late.try('op', [joinOf(agreed({ ...good, untilEpoch: 1 }))]), 'done')
})

test('a node joins once, and not without the deposit', () => {
  const ledger = smallNetwork({ balances: { founder: RICH, op: RICH, other: RICH, poor: 100_000n } })
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'done')
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'LEDGER_MEMBER_EXISTS')
  assert.equal(ledger.try('other', [joinOf(agreed(termsOf('node', 'other')))]), 'LEDGER_MEMBER_EXISTS')
  const dear = smallNetwork({
    balances: { founder: RICH, poor: 100_000n },
    parameters: { deposit: '200000', sponsoredMembers: 1 },
  })
  assert.equal(dear.try('poor', [joinOf(agreed(termsOf('node', 'poor')))]), 'LEDGER_FUNDS_SHORT')
  assert.equal(memberIn(dear, 'node'), undefined)
})

test('who joins opens the account that gets the earnings', () => {
  const ledger = smallNetwork()
  const { feesPaid } = ledger.block([
    ledger.transaction('op', [joinOf(agreed(termsOf('node', 'op', { account: named('purse') })))]),
  ])
  assert.equal(ledger.balance('op'), RICH - DEPOSIT - 10_000n - feesPaid)
  const { supply } = ledger
  toNextEpoch(ledger)
  assert.deepEqual(ledger.supply, supply)
})

test('only the operator changes a record', () => {
  const ledger = smallNetwork()
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'done')
  const offer = { account: named('purse'), capacityBytes: 5, cores: 1, release: '2.0.0' }
  const change = updateOf({ node: named('node'), ...offer })
  for (const operation of [change, drainOf('node', true), leaveOf('node')])
    assert.equal(ledger.try('other', [operation]), 'LEDGER_NOT_MEMBERS_OPERATOR')
  assert.equal(ledger.try('op', [change]), 'done')
  const { account, capacityBytes, cores, release, operator, deposit } = memberIn(ledger, 'node') ?? assert.fail()
  assert.deepEqual({ account, capacityBytes, cores, release }, offer)
  assert.deepEqual([operator, deposit], [named('op'), DEPOSIT])
  for (const operation of [updateOf({ node: named('nobody'), ...offer }), drainOf('nobody', true), leaveOf('nobody')])
    assert.equal(ledger.try('op', [operation]), 'LEDGER_NOT_MEMBER')
})

test('who drains does not decide, and may come back', () => {
  const ledger = smallNetwork()
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'done')
  toNextEpoch(ledger)
  assert.equal(ledger.try('op', [drainOf('node', true)]), 'done')
  assert.ok(isDeciding(ledger, 'node'))
  toNextEpoch(ledger)
  assert.ok(!isDeciding(ledger, 'node'))
  assert.equal(ledger.try('op', [drainOf('node', false)]), 'done')
  toNextEpoch(ledger)
  assert.ok(isDeciding(ledger, 'node'))
})

test('who leaves gets the deposit back after the unbonding time, and may join anew', () => {
  const ledger = smallNetwork()
  assert.equal(ledger.try('op', [joinOf(agreed(termsOf('node', 'op')))]), 'done')
  toNextEpoch(ledger)
  assert.equal(ledger.try('op', [leaveOf('node')]), 'done')
  const balance = ledger.balance('op')
  assert.equal(memberIn(ledger, 'node')?.freeEpoch, 4)
  for (const operation of [leaveOf('node'), drainOf('node', false)]) {
    const code = ledger.results(ledger.build([ledger.transaction('op', [operation], { nonce: 2 })]).receipts)
    assert.deepEqual(code, ['LEDGER_MEMBER_STATE'])
  }
  while (ledger.chain.epoch <= 4) {
    assert.equal(memberIn(ledger, 'node')?.state, 'leaving')
    assert.equal(ledger.balance('op'), balance)
    ledger.block([])
  }
  assert.equal(memberIn(ledger, 'node'), undefined)
  assert.equal(ledger.balance('op'), balance + DEPOSIT)
  assert.ok(!isDeciding(ledger, 'node'))
  assert.deepEqual(
    ledger.results(
      ledger.block([ledger.transaction('op', [joinOf(agreed(termsOf('node', 'op')))], { nonce: 2 })]).receipts,
    ),
    ['done'],
  )
})

test('a sponsor pays for a newcomer who has nothing, and gets the deposit back', () => {
  const ledger = smallNetwork({ members: { first: 'founder' } })
  const terms = termsOf('node', 'newcomer', { sponsor: named('first') })
  assert.equal(ledger.try('other', [joinOf(agreed(terms))]), 'LEDGER_SPONSOR_REFUSED')
  const unsigned = { ...agreed(terms), operatorSignature: new Uint8Array(64) }
  assert.equal(ledger.try('founder', [joinOf(unsigned)]), 'LEDGER_CONSENT_BAD')
  assert.equal(ledger.try('founder', [joinOf(agreed(terms))]), 'done')
  const { payer, operator, sponsor } = memberIn(ledger, 'node') ?? assert.fail()
  assert.deepEqual([payer, operator, sponsor], [named('founder'), named('newcomer'), named('first')])
  assert.equal(memberIn(ledger, 'first')?.sponsored, 1)
  assert.equal(ledger.try('founder', [leaveOf('node')]), 'done')
  const balance = ledger.balance('founder')
  while (memberIn(ledger, 'node') !== undefined) ledger.block([])
  assert.equal(ledger.balance('founder'), balance + DEPOSIT)
  assert.equal(memberIn(ledger, 'first')?.sponsored, 0)
})

test('a member vouches for so many others, and only while it serves', () => {
  const ledger = smallNetwork({ members: { first: 'founder', second: 'founder' }, parameters: { sponsoredMembers: 2 } })
  const join = (node: string, sponsor: string) =>
    ledger.try('founder', [joinOf(agreed(termsOf(node, `of ${node}`, { sponsor: named(sponsor) })))])
  assert.equal(join('a', 'first'), 'done')
  assert.equal(join('b', 'first'), 'done')
  assert.equal(join('c', 'first'), 'LEDGER_SPONSOR_REFUSED')
  assert.equal(join('c', 'nobody'), 'LEDGER_SPONSOR_REFUSED')
  assert.equal(ledger.try('founder', [drainOf('second', true)]), 'done')
  assert.equal(join('c', 'second'), 'LEDGER_SPONSOR_REFUSED')
  assert.equal(ledger.try('founder', [drainOf('second', false)]), 'done')
  assert.equal(join('c', 'second'), 'done')
})

test('the tips of a validator go to the account of its member', () => {
  const ledger = smallNetwork({ members: { first: 'founder' } })
  assert.deepEqual(leaderAccount(ledger.state, 0, 0), named('founder'))
})

test('the beacon that the last block of an epoch seals draws the next committee', () => {
  const operators = Array.from(
    { length: 16 },
    (_, place) => [`node ${place}`, `op ${Math.max(0, place - 12)}`] as const,
  )
  const committees = ['one', 'two', 'three', 'four'].map((beacon) => {
    const balances = Object.fromEntries(operators.map(([, operator]) => [operator, RICH]))
    const ledger = smallNetwork({ members: Object.fromEntries(operators), balances })
    ledger.block([])
    ledger.block([], ledger.facts({ nextBeacon: named(beacon) }))
    const committee = committeeOf(ledger.state, 1) ?? assert.fail()
    assert.deepEqual(epochSeal(ledger.state), {
      lastHeight: 4,
      beacon: named(beacon),
      nextCommittee: committeeHash(committee),
    })
    return Buffer.from(committeeHash(committee)).toString('hex')
  })
  assert.ok(new Set(committees).size > 1, 'each drew the same of the thirteen nodes of one operator')
})

test('the committees of this epoch, the one before and, at the end, the next are known', () => {
  const ledger = smallNetwork()
  const known = () => [0, 1, 2, 3, 4].filter((epoch) => committeeOf(ledger.state, epoch) !== undefined)
  assert.deepEqual(known(), [0])
  toNextEpoch(ledger)
  assert.deepEqual(known(), [0, 1])
  toNextEpoch(ledger)
  assert.deepEqual(known(), [1, 2])
})
