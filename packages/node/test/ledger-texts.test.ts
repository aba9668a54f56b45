import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeId, shortId, TransactionId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { HistoryView, SupplyView, TransactionView } from '@borgios/protocol'
import { supplyLines, transactionLines } from '../src/cli/commands/ledger.ts'
import { historyLines } from '../src/cli/commands/wallet.ts'
import { standing, supplyView } from '../src/ledger/ledger-views.ts'
import { memoText } from '../src/ledger/transaction-view.ts'

const validator = (byte: number, isUp: boolean) => ({
  node: NodeId.fromBytes(new Uint8Array(32).fill(byte)),
  weight: 1,
  isUp,
})
const three = [validator(1, true), validator(2, true), validator(3, true)]

test('a ledger that stands still says why, names who is missing, and what to do', () => {
  const well = {
    haltedWhy: undefined,
    impairments: [],
    awayWhy: undefined,
    blockAgeMs: 4_000,
    validators: [...three, validator(4, false)],
    quorum: 3,
  }
  assert.equal(standing(well).state, 'running')
  assert.match(standing(well).why, /without n[a-z2-7]{7}$/)

  const lost = [validator(1, true), validator(2, true), validator(3, false), validator(4, false)]
  const few = standing({ ...well, validators: lost })
  assert.equal(few.state, 'stalled')
  for (const { node, isUp } of lost) assert.equal(few.why.includes(shortId(node)), !isUp)
  assert.match(few.why, /2 of 4 validators can be reached from here and 3 are needed/)

  assert.match(standing({ ...well, blockAgeMs: 16_000 }).why, /last block came 16.0s ago, though enough/)
  const away = standing({ ...well, awayWhy: 'this node last saw a block become final 4 days ago' })
  assert.deepEqual([away.state, /net export/.test(away.todo)], ['stalled', true])
  const halted = standing({ ...well, haltedWhy: 'the disk is full' })
  assert.deepEqual([halted.state, /the disk is full/.test(halted.why)], ['halted', true])

  const clock = { kind: 'clock', why: 'the clock is off', todo: 'Set it' } as const
  assert.deepEqual(standing({ ...well, impairments: [clock] }), { state: 'impaired', why: clock.why, todo: clock.todo })
  assert.equal(standing({ ...well, haltedWhy: 'the disk is full', impairments: [clock] }).state, 'halted')
})

const HOSTILE = '\u001b[2Jgone\nheight 9 \u202e'
const account = accountIdOf(new Uint8Array(32))
const transaction = TransactionId.fromBytes(new Uint8Array(32))

test('a memo is one harmless line on a terminal, wherever it is shown', () => {
  const view: TransactionView = {
    transaction,
    state: 'final',
    why: 'final',
    todo: 'Nothing',
    height: 1,
    position: 0,
    account,
    nonce: 0,
    lastHeight: 5,
    fee: '3',
    operations: [{ module: 1, kind: 1, name: 'transfer', to: account, amount: '5', memo: HOSTILE }],
  }
  const movement = {
    height: 1,
    timeMs: 0,
    amount: '5',
    fee: '0',
    balance: '5',
    counterpart: account,
    about: account,
    memo: HOSTILE,
  }
  const history: HistoryView = {
    account,
    from: { height: 0, balance: '0', isOldest: true },
    movements: [{ ...movement, kind: 'received', transaction }],
    balance: '5',
    height: 2,
  }
  for (const line of [...transactionLines(view, (text) => text), ...historyLines(history)]) {
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u)
  }
  assert.match(historyLines(history).join('\n'), /\\x1b\[2Jgone\\x0aheight 9 \\u\{202e\}/)
})

test('bytes that are no text stand there in hexadecimal', () => {
  assert.equal(memoText(Uint8Array.of(0xff, 0x00)), '0xff00')
  assert.equal(memoText(Buffer.from('grüße')), 'grüße')
})

test('history begins with where it is known from and ends with the balance', () => {
  const movement = { timeMs: 0, fee: '1', counterpart: account, about: account, memo: '', transaction }
  const history: HistoryView = {
    account,
    from: { height: 4, balance: '2000000', isOldest: true },
    movements: [{ height: 9, kind: 'sent', amount: '-1999999', balance: '0', ...movement }],
    balance: '0',
    height: 11,
  }
  const lines = historyLines(history)
  assert.match(lines[1] ?? '', /^ {5}4 .* 2 {2}known from here on$/)
  assert.match(lines[2] ?? '', /^ {5}9 .* -1\.999999 {2}0\.000001 +0 {2}to a/)
  assert.equal(lines.at(-1), '0 units at height 11')
})

test('a supply that does not add up is said to be so', () => {
  const holdings = [
    { table: 'accounts', records: 2, held: 70n },
    { table: 'holds', records: 1, held: 10n },
  ]
  const counted = { height: 3, holdings }
  const good: SupplyView = supplyView({ ...counted, supply: { minted: 100n, treasury: 15n, burned: 5n } })
  assert.deepEqual([good.isOk, good.sum, good.parts.map(({ name }) => name)], [true, '100', ['balances', 'escrow']])
  const bad = supplyView({ ...counted, supply: { minted: 101n, treasury: 15n, burned: 5n } })
  assert.equal(bad.isOk, false)
  assert.match(supplyLines(bad).at(-1) ?? '', /NOT what was minted/)
})
