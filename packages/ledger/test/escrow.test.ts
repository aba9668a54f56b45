import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import fc from 'fast-check'
import { ESCROW_MODULE } from '../src/modules/escrow/escrow-module.ts'
import { disputeTable, holdIdOf, holdTable, outcomeOf } from '../src/modules/escrow/hold.ts'
import { MoneyWorld, named, operations } from './support/money-world.ts'

const { answerMs, minHoldMs, maxHoldMs } = limits.ledgerMoney
const LIFE_MS = 10 * minHoldMs
const amount = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

function held(): { world: MoneyWorld; hold: Uint8Array; open: () => string } {
  const world = new MoneyWorld()
  world.fund('payer', 1_000n)
  const body = { label: named('label'), payee: named('payee'), amount: 600n, lifeMs: LIFE_MS }
  const open = () => world.send('payer', operations.hold, body)
  assert.equal(open(), 'done')
  return { world, hold: holdIdOf(ESCROW_MODULE, named('payer'), named('label')), open }
}

const pay = (world: MoneyWorld, hold: Uint8Array, micro: bigint, by = 'payer'): string =>
  world.send(by, operations.payFromHold, { hold, amount: micro })
const claim = (world: MoneyWorld, hold: Uint8Array, micro: bigint, by = 'payee'): string =>
  world.send(by, operations.claimFromHold, { hold, amount: micro })
const balances = (world: MoneyWorld): readonly bigint[] => [
  world.balance('payer'),
  world.balance('payee'),
  world.supply.burned,
]

test('a hold ends in parts that make it up, and no lie makes a bill smaller or an income larger', () => {
  fc.assert(
    fc.property(amount, amount, amount, amount, (whole, one, two, three) => {
      const [granted, claimed, lie] = [one % (whole + 1n), two % (whole + 1n), three % (whole + 1n)]
      for (const [yes, ask] of [
        [granted, claimed],
        [granted, undefined],
        [undefined, claimed],
        [undefined, undefined],
      ]) {
        const { paid, burned, refunded } = outcomeOf(whole, yes, ask)
        assert.equal(paid + burned + refunded, whole)
        assert.ok(paid >= 0n && burned >= 0n && refunded >= 0n)
      }
      const honest = outcomeOf(whole, claimed, claimed)
      // The payer grants something else than the payee's claim: it never keeps more.
      assert.ok(outcomeOf(whole, lie, claimed).refunded <= honest.refunded)
      // The payee claims something else than the payer grants: it never gets more.
      assert.ok(outcomeOf(whole, claimed, lie).paid <= honest.paid)
    }),
  )
})

test('money that is set aside is neither side’s until one of them speaks', () => {
  const { world, hold, open } = held()
  assert.deepEqual(balances(world), [400n, 0n, 0n])
  assert.equal(open(), 'LEDGER_HOLD_EXISTS')
  assert.equal(pay(world, hold, 1n, 'payee'), 'LEDGER_NOT_PARTY')
  assert.equal(claim(world, hold, 1n, 'payer'), 'LEDGER_NOT_PARTY')
  assert.equal(pay(world, hold, 601n), 'LEDGER_ABOVE_HOLD')
  assert.equal(claim(world, hold, 601n), 'LEDGER_ABOVE_HOLD')
  assert.equal(pay(world, named('other'), 1n), 'LEDGER_NO_HOLD')
  assert.deepEqual(balances(world), [400n, 0n, 0n])
})

test('who has too little, or asks for too long a time, sets nothing aside', () => {
  const world = new MoneyWorld()
  world.fund('payer', 10n)
  const body = { label: named('label'), payee: named('payee'), amount: 11n, lifeMs: LIFE_MS }
  assert.equal(world.send('payer', operations.hold, body), 'LEDGER_FUNDS_SHORT')
  for (const lifeMs of [minHoldMs - 1, maxHoldMs + 1]) {
    assert.equal(world.send('payer', operations.hold, { ...body, amount: 1n, lifeMs }), 'LEDGER_BAD_TERMS')
  }
  assert.equal(world.balance('payer'), 10n)
})

test('if nobody speaks, all goes back when the time is over, and not before', () => {
  const { world, hold } = held()
  world.pass(LIFE_MS - 1)
  assert.deepEqual(balances(world), [400n, 0n, 0n])
  world.block(1)
  assert.deepEqual(balances(world), [1_000n, 0n, 0n])
  assert.equal(claim(world, hold, 1n), 'LEDGER_NO_HOLD')
})

test('what the payer grants is paid at once, the change waits for the payee', () => {
  const { world, hold } = held()
  assert.equal(pay(world, hold, 250n), 'done')
  assert.deepEqual(balances(world), [400n, 250n, 0n])
  assert.equal(pay(world, hold, 260n), 'LEDGER_SAID_BEFORE')
  assert.equal(claim(world, hold, 250n), 'done')
  assert.deepEqual(balances(world), [750n, 250n, 0n])
  assert.equal(claim(world, hold, 250n), 'LEDGER_NO_HOLD')
})

test('a payee that is silent agrees with what was granted', () => {
  const { world, hold } = held()
  pay(world, hold, 250n)
  world.pass(answerMs - 1)
  assert.deepEqual(balances(world), [400n, 250n, 0n])
  world.block(1)
  assert.deepEqual(balances(world), [750n, 250n, 0n])
})

test('a payer that vanished pays what is claimed, when its time to answer is over', () => {
  const { world, hold } = held()
  assert.equal(claim(world, hold, 500n), 'done')
  assert.equal(claim(world, hold, 600n), 'LEDGER_SAID_BEFORE')
  world.pass(answerMs - 1)
  assert.deepEqual(balances(world), [400n, 0n, 0n])
  world.block(1)
  assert.deepEqual(balances(world), [500n, 500n, 0n])
})

test('a claim in the last moment keeps the hold open for the answer', () => {
  const { world, hold } = held()
  world.pass(LIFE_MS - 1)
  assert.equal(claim(world, hold, 100n), 'done')
  world.pass(answerMs - 2)
  assert.equal(pay(world, hold, 100n), 'done')
  assert.deepEqual(balances(world), [900n, 100n, 0n])
})

test('a claim after the end finds nothing', () => {
  const { world, hold } = held()
  world.pass(LIFE_MS)
  assert.equal(claim(world, hold, 100n), 'LEDGER_NO_HOLD')
  assert.equal(pay(world, hold, 100n), 'LEDGER_NO_HOLD')
})

test('what is in dispute is burned, whoever speaks first, and both are remembered', () => {
  for (const isPayerFirst of [true, false]) {
    const { world, hold } = held()
    const [first, second] = isPayerFirst ? [pay, claim] : [claim, pay]
    const amountOf = (act: typeof pay): bigint => (act === pay ? 100n : 450n)
    assert.equal(first(world, hold, amountOf(first)), 'done')
    assert.equal(second(world, hold, amountOf(second)), 'done')
    assert.deepEqual(balances(world), [550n, 100n, 350n])
    assert.deepEqual(world.state.get(disputeTable, named('payer')), { asPayer: 350n, asPayee: 0n })
    assert.deepEqual(world.state.get(disputeTable, named('payee')), { asPayer: 0n, asPayee: 350n })
  }
})

test('a payer may grant more than is claimed, and there is no dispute then', () => {
  for (const isPayerFirst of [true, false]) {
    const { world, hold } = held()
    if (isPayerFirst) pay(world, hold, 300n)
    claim(world, hold, 200n)
    if (!isPayerFirst) pay(world, hold, 300n)
    assert.deepEqual(balances(world), [700n, 300n, 0n])
    assert.equal(world.state.get(disputeTable, named('payee')), undefined)
  }
})

test('a payee that claims nothing gives all back at once', () => {
  const { world, hold } = held()
  assert.equal(claim(world, hold, 0n), 'done')
  assert.deepEqual(balances(world), [1_000n, 0n, 0n])
})

test('a wrong clock of a leader, or a standstill, does not end everything at once', () => {
  const { world, hold } = held()
  world.block(365 * 24 * 3_600_000)
  assert.notEqual(world.state.get(holdTable, hold), undefined)
  assert.equal(claim(world, hold, 100n), 'done')
})

test('more holds than a block may end take several blocks', () => {
  const world = new MoneyWorld()
  const count = limits.ledgerMoney.duePerBlock + 10
  world.fund('payer', BigInt(count))
  for (let index = 0; index < count; index += 1) {
    const body = { label: named(`${index}`), payee: named('payee'), amount: 1n, lifeMs: minHoldMs }
    world.must('payer', operations.hold, body)
  }
  world.pass(minHoldMs)
  assert.equal(world.balance('payer'), BigInt(limits.ledgerMoney.duePerBlock))
  const ids = Array.from({ length: count }, (_, index) => holdIdOf(ESCROW_MODULE, named('payer'), named(`${index}`)))
  const late = ids.filter((id) => world.state.get(holdTable, id) !== undefined)
  assert.equal(late.length, 10)
  // Ones that wait for their end are over: they cannot be claimed any more.
  for (const id of late) assert.equal(claim(world, id, 1n), 'LEDGER_NO_HOLD')
  world.block()
  assert.equal(world.balance('payer'), BigInt(count))
})

test('whatever the two sides do at whatever time, nobody gets what is not his', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new SeededRandom(seed)
    const { world, hold } = held()
    const said = { granted: undefined as bigint | undefined, claimed: undefined as bigint | undefined }
    for (let step = 0; step < 8; step += 1) {
      world.pass(random.below(answerMs))
      const micro = BigInt(random.below(700))
      if (random.chance(0.5)) {
        if (pay(world, hold, micro) === 'done') said.granted = micro
      } else if (claim(world, hold, micro) === 'done') said.claimed = micro
    }
    world.checkLayouts()
    world.pass(LIFE_MS + answerMs)
    world.checkLayouts()
    const { paid, burned, refunded } = outcomeOf(600n, said.granted, said.claimed)
    assert.deepEqual(balances(world), [400n + refunded, paid, burned], `seed ${seed}`)
    assert.equal(world.state.get(holdTable, hold), undefined, `seed ${seed}`)
  }
})
