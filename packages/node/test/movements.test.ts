import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MoneyMove } from '@borgios/ledger'
import { ACCOUNTS_MODULE, encodeTransfer, type Receipt, TRANSFER, type Transaction } from '@borgios/protocol'
import fc from 'fast-check'
import { decodeMovement, encodeMovement } from '../src/ledger/movement-codec.ts'
import { movementsOf, type SettledTransaction } from '../src/ledger/movements.ts'
import { epochOf } from '../src/ledger/subject-text.ts'

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [OWN, OTHER] = [hashOf(1), hashOf(2)]

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

/** What the ledger tells of these: the fee, and of those that were done each amount out of one account and into the other. */
const movesOf = ({ from, to, amount, fee, status }: Pay, position: number): MoneyMove[] => [
  ...(fee === 0n ? [] : [{ account: from, amount: -fee, reason: 'fee', subject: OTHER, position } as const]),
  ...(status !== 0 || amount === 0n
    ? []
    : to.flatMap((account): MoneyMove[] => [
        { account: from, amount: -amount, reason: 'transfer', subject: account, position },
        { account, amount, reason: 'transfer', subject: from, position },
      ])),
]

const block = (pays: readonly Pay[], others: readonly MoneyMove[] = []) => ({
  height: 5,
  epoch: 3,
  timeMs: 6,
  transactions: pays.map(settled),
  moves: [...pays.flatMap(movesOf), ...others],
})
const step = (before: bigint, after: bigint) => ({ account: OWN, before, after })
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

test('a line says what it is about, and what no move explains is a line of its own', () => {
  const job = new Uint8Array(16).fill(9)
  const others: MoneyMove[] = [
    { account: OWN, amount: -40n, reason: 'jobHold', subject: job, position: 1 },
    { account: OTHER, amount: 1n, reason: 'tips', subject: OTHER, position: undefined },
    { account: OWN, amount: 5n, reason: 'storage', subject: OTHER, position: undefined },
  ]
  const first = block([pay({}), pay({ to: [] })], others)
  const lines = movementsOf(first, step(1_000n, 1_000n - 103n - 43n + 5n + 1n))
  assert.deepEqual(
    lines.map(({ kind, amount, fee, transaction }) => [kind, amount, fee, transaction?.[0]]),
    [
      ['sent', -100n, 3n, 100],
      ['jobHold', -40n, 3n, 101],
      ['storage', 5n, 0n, undefined],
      ['other', 1n, 0n, undefined],
    ],
  )
  assert.deepEqual(lines[1]?.subject, job)
  assert.equal(epochOf(lines[2]?.subject), 3)
  assert.deepEqual(lines[0]?.memo, Uint8Array.from(Buffer.from('memo')))
  const [fee] = movementsOf(block([pay({ to: [] })]), step(1_000n, 997n))
  assert.deepEqual([fee?.kind, fee?.subject], ['fee', Uint8Array.of(200, 1)])
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
