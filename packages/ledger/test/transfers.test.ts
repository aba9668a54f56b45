import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { MoneyBook } from '../src/modules/accounts/money-book.ts'
import { ONLY } from '../src/modules/singleton.ts'
import { supplyTable } from '../src/modules/supply/supply-table.ts'
import { BOMB, bomb, bombModule } from './support/bomb-module.ts'
import { LEADER, named, SmallLedger, transferOf } from './support/small-ledger.ts'

const RICH = 10n ** 9n
const PRICE = 10_000n

test('a transfer moves its amount, and its fee goes where it belongs', () => {
  const ledger = new SmallLedger({
    balances: { ada: RICH, ben: 5n, leader: 1n },
    parameters: { burnPpm: 250_000, leastBaseFee: '3' },
  })
  const transfer = ledger.transaction('ada', [transferOf(named('ben'), 300n)], { tipPerUnit: 2n })
  const { receipts, usedUnits, feesPaid } = ledger.block([transfer])
  assert.deepEqual(receipts[0]?.status, 0)
  assert.equal(receipts[0]?.usedUnits, transfer.length + 100)
  assert.equal(usedUnits, transfer.length + 100)
  const units = BigInt(usedUnits)
  assert.equal(receipts[0]?.feePaid, units * 5n)
  assert.equal(feesPaid, units * 5n)
  assert.equal(ledger.balance('ada'), RICH - 300n - feesPaid)
  assert.equal(ledger.balance('ben'), 305n)
  assert.equal(accountOf(ledger.state, LEADER)?.balance, 1n + units * 2n)
  const burned = (units * 3n) / 4n
  assert.deepEqual(ledger.supply, { minted: RICH + 6n, burned, treasury: units * 3n - burned })
})

test('tips too small for an account that was never opened go to the treasury', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH }, parameters: { burnPpm: 0 } })
  const { feesPaid } = ledger.block([ledger.transaction('ada', [transferOf(named('ada'), 1n)], { tipPerUnit: 2n })])
  assert.equal(accountOf(ledger.state, LEADER), undefined)
  assert.equal(ledger.supply.treasury, feesPaid)
})

test('who sends to a new account opens it, and the whole amount arrives', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH }, parameters: { burnPpm: 0 } })
  const { feesPaid } = ledger.block([ledger.transaction('ada', [transferOf(named('ben'), 7n)])])
  assert.equal(ledger.balance('ben'), 7n)
  assert.equal(ledger.balance('ada'), RICH - 7n - PRICE - feesPaid)
  assert.equal(ledger.supply.treasury, PRICE + feesPaid)
  const again = ledger.block([ledger.transaction('ada', [transferOf(named('ben'), 7n)])])
  assert.equal(ledger.supply.treasury, PRICE + feesPaid + again.feesPaid)
})

test('what is given to a new account pays for its opening, if it is enough', () => {
  for (const [given, balance] of [
    [PRICE - 1n, undefined],
    [PRICE, 0n],
    [PRICE + 1n, 1n],
  ] as const) {
    const ledger = new SmallLedger({ balances: { ada: RICH }, parameters: { burnPpm: 0 } })
    const layer = ledger.state.layer()
    const money = new MoneyBook(layer, 0)
    const cause = { reason: 'transfer', subject: named('ada') } as const
    money.take(named('ada'), given, cause)
    money.give(named('ben'), given, cause)
    assert.equal(accountOf(layer, named('ben'))?.balance, balance)
    assert.equal(layer.get(supplyTable, ONLY)?.treasury, given - (balance ?? 0n))
  }
})

test('an account may be emptied to the last micro-unit, and counts on from there', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH, ben: 1n } })
  const probe = ledger.build([
    ledger.transaction('ada', [transferOf(named('ben'), 1n)], { nonce: 0, maxFeePerUnit: 1n }),
  ])
  const all = RICH - probe.feesPaid
  const outcome = ledger.block([
    ledger.transaction('ada', [transferOf(named('ben'), all)], { nonce: 0, maxFeePerUnit: 1n }),
  ])
  assert.deepEqual(ledger.results(outcome.receipts), ['done'])
  assert.deepEqual(accountOf(ledger.state, named('ada')), { balance: 0n, nonce: 1, policy: undefined })
})

test('nobody spends what is not there', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH, ben: 1n } })
  const before = ledger.balance('ada')
  const { feesPaid, receipts } = ledger.block([ledger.transaction('ada', [transferOf(named('ben'), before)])])
  assert.deepEqual(ledger.results(receipts), ['LEDGER_FUNDS_SHORT'])
  assert.equal(ledger.balance('ada'), before - feesPaid)
  assert.equal(ledger.balance('ben'), 1n)
  assert.equal(accountOf(ledger.state, named('ada'))?.nonce, 1)
})

test('what the opening of an account would take must be there too', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH } })
  const { feesPaid } = ledger.build([ledger.transaction('ada', [transferOf(named('ada'), 1n)], { nonce: 0 })])
  const send = (amount: bigint) =>
    ledger.results(ledger.build([ledger.transaction('ada', [transferOf(named('ben'), amount)], { nonce: 0 })]).receipts)
  assert.deepEqual(send(RICH - feesPaid - PRICE), ['done'])
  assert.deepEqual(send(RICH - feesPaid - PRICE + 1n), ['LEDGER_FUNDS_SHORT'])
  assert.deepEqual(send(2n ** 64n - 1n), ['LEDGER_FUNDS_SHORT'])
})

test('money sent to oneself is there as before', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH } })
  const { feesPaid } = ledger.block([ledger.transaction('ada', [transferOf(named('ada'), RICH / 2n)])])
  assert.equal(ledger.balance('ada'), RICH - feesPaid)
})

test('the operations of a transaction take effect together or not at all', () => {
  for (const place of [0, 1, 2]) {
    const ledger = new SmallLedger({ balances: { ada: RICH, ben: 1n } })
    const operations = [transferOf(named('ben'), 10n), transferOf(named('new'), 10n)]
    operations.splice(place, 0, transferOf(named('ben'), 2n * RICH))
    const { receipts, feesPaid } = ledger.block([ledger.transaction('ada', operations)])
    assert.deepEqual(ledger.results(receipts), ['LEDGER_FUNDS_SHORT'])
    assert.equal(ledger.balance('ada'), RICH - feesPaid)
    assert.equal(ledger.balance('ben'), 1n)
    assert.equal(accountOf(ledger.state, named('new')), undefined)
  }
})

test('later operations see what earlier ones did', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH, ben: 100_000n } })
  const { receipts } = ledger.block([
    ledger.transaction('ada', [transferOf(named('ben'), 40n)]),
    ledger.transaction('ben', [transferOf(named('carol'), 1n), transferOf(named('carol'), 2n)]),
  ])
  assert.deepEqual(ledger.results(receipts), ['done', 'done'])
  assert.equal(ledger.balance('carol'), 3n)
})

test('a bug in a module is not taken for a refusal', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH }, modules: [bombModule] })
  assert.throws(() => ledger.block([ledger.transaction('ada', [bomb(BOMB.assertion)])]), { name: 'AssertionError' })
  assert.throws(() => ledger.block([ledger.transaction('ada', [bomb(BOMB.unknownCode)], { nonce: 0 })]), {
    name: 'AssertionError',
  })
})

test('a block in which money appears or vanishes does not stand', () => {
  for (const kind of [BOMB.makesMoney, BOMB.losesMoney, BOMB.mintsForNobody]) {
    const ledger = new SmallLedger({ balances: { ada: RICH }, modules: [bombModule] })
    assert.throws(() => ledger.block([ledger.transaction('ada', [bomb(kind)])]), { code: 'LEDGER_SUPPLY_BROKEN' })
  }
})

test('no more can be minted than an amount holds', () => {
  const ledger = new SmallLedger({ balances: { ada: 2n ** 63n, ben: 2n ** 62n }, modules: [bombModule] })
  assert.equal(ledger.try('ada', [bomb(BOMB.mintsTooMuch)]), 'LEDGER_SUPPLY_FULL')
  assert.equal(ledger.try('ada', [bomb(BOMB.emptiesTreasury)]), 'LEDGER_FUNDS_SHORT')
})
