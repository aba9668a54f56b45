import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNTS_MODULE, encodeTransfer, type Receipt, TRANSFER, type Transaction } from '@borgios/protocol'
import fc from 'fast-check'
import { decodeMovement, encodeMovement } from '../src/ledger/movement-codec.ts'
import { movementsOf, type SettledTransaction } from '../src/ledger/movements.ts'

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [OWN, OTHER] = [hashOf(1), hashOf(2)]
const PRICE = 10_000n

interface Pay {
  readonly from: Uint8Array
  readonly to: readonly Uint8Array[]
  readonly amount: bigint
  readonly fee: bigint
  readonly status: number
}

function settled({ from, to, amount, fee, status }: Pay, position: number): SettledTransaction {
  const transaction: Transaction = {
    account: from,
    nonce: position,
    lastHeight: 10,
    maxFeePerUnit: 1n,
    tipPerUnit: 0n,
    operations: [
      ...to.map((account) => ({
        module: ACCOUNTS_MODULE,
        kind: TRANSFER,
        body: encodeTransfer({ to: account, amount, memo: Buffer.from('memo') }),
      })),
      { module: 200, kind: 1, body: new Uint8Array(0) },
    ],
    signatures: [],
  }
  const receipt: Receipt = { transaction: hashOf(100 + position), status, usedUnits: 1, feePaid: fee }
  return { transaction, receipt }
}

const block = (pays: readonly Pay[]) => ({ height: 5, timeMs: 6, transactions: pays.map(settled) })
const step = (before: bigint, after: bigint) => ({ account: OWN, before, after, accountPrice: PRICE })
const pay = (pays: Partial<Pay>): Pay => ({ from: OWN, to: [OTHER], amount: 100n, fee: 3n, status: 0, ...pays })

test('what is sent, received and paid stands on lines of its own, in order, with the balance after each', () => {
  const pays = [pay({}), pay({ from: OTHER, to: [OWN], amount: 7n }), pay({ status: 2 })]
  const lines = movementsOf(block(pays), step(1_000n, 901n)).map(({ kind, amount, fee, balance }) => [
    kind,
    amount,
    fee,
    balance,
  ])
  assert.deepEqual(lines, [
    ['sent', -100n, 3n, 897n],
    ['received', 7n, 0n, 904n],
    ['fee', 0n, 3n, 901n],
  ])
})

test('the price of an account that was opened is told from what a rule gave', () => {
  const opened = movementsOf(block([pay({})]), step(50_000n, 50_000n - 103n - PRICE))
  assert.deepEqual(
    opened.map(({ kind }) => kind),
    ['sent', 'opening'],
  )
  const rewarded = movementsOf(block([pay({})]), step(50_000n, 50_000n - 103n + PRICE))
  assert.deepEqual(
    rewarded.map(({ kind }) => kind),
    ['sent', 'other'],
  )
  const withoutSending = movementsOf(block([]), step(50_000n, 40_000n))
  assert.deepEqual(
    withoutSending.map(({ kind, amount, balance }) => [kind, amount, balance]),
    [['other', -10_000n, 40_000n]],
  )
})

const payArbitrary = fc.record({
  from: fc.constantFrom(OWN, OTHER),
  to: fc.array(fc.constantFrom(OWN, OTHER), { maxLength: 3 }),
  amount: fc.bigInt(0n, 1_000n),
  fee: fc.bigInt(0n, 100n),
  status: fc.nat(2),
})

test('the lines of a block add up to what the balance changed, whatever happened, and survive the disk', () => {
  const balances = fc.tuple(fc.bigInt(0n, 10n ** 9n), fc.bigInt(0n, 10n ** 9n))
  fc.assert(
    fc.property(fc.array(payArbitrary, { maxLength: 5 }), balances, (pays, [before, after]) => {
      const lines = movementsOf(block(pays), step(before, after))
      let balance = before
      for (const line of lines) {
        balance += line.amount - line.fee
        assert.equal(line.balance, balance)
        if (line.balance >= 0n)
          assert.deepEqual({ ...decodeMovement(encodeMovement(line)) }, { ...line, memo: Uint8Array.from(line.memo) })
      }
      assert.equal(balance, after)
    }),
  )
})
