import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import type { MoneyMove, MoneyReason } from '@borgios/ledger'
import { type EarnLineView, type EarnView, MOVEMENT_KINDS } from '@borgios/protocol'
import fc from 'fast-check'
import { earnLines } from '../src/cli/commands/earn-lines.ts'
import { addsUp, together } from '../src/cli/commands/earn-report.ts'
import { changeOf, earnedSince } from '../src/ledger/earn-lines.ts'
import { type Movement, movementsOf } from '../src/ledger/movements.ts'

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [OWN, OTHER] = [hashOf(1), hashOf(2)]
const FIRST = 10n ** 12n

const MONEY_REASONS = MOVEMENT_KINDS.flatMap((kind): MoneyReason[] => {
  if (kind === 'other' || kind === 'sent') return []
  return [kind === 'received' ? 'transfer' : kind]
})

const moveArbitrary: fc.Arbitrary<MoneyMove> = fc.record({
  account: fc.constantFrom(OWN, OWN, OTHER),
  amount: fc.bigInt(-1_000n, 1_000n),
  reason: fc.constantFrom(...MONEY_REASONS),
  subject: fc.integer({ min: 1, max: 3 }).map(hashOf),
  // Of transactions that this node does not know any more, and of what the block itself did.
  position: fc.constantFrom(undefined, 0, 1),
})

/** Blocks of moves, and something that no move explains. */
const blocksArbitrary = fc.array(
  fc.record({ moves: fc.array(moveArbitrary, { maxLength: 6 }), unexplained: fc.constantFrom(0n, 0n, 7n, -7n) }),
  { maxLength: 12 },
)

test('whatever happened, and however much of it is forgotten, beginning and lines come to the balance', () => {
  fc.assert(
    fc.property(blocksArbitrary, fc.nat(80), fc.nat(14), (blocks, forgotten, sinceHeight) => {
      let balance = FIRST
      const all: Movement[] = []
      for (const [index, { moves, unexplained }] of blocks.entries()) {
        const own = moves.filter(({ account }) => account === OWN)
        const after = own.reduce((sum, { amount }) => sum + amount, balance + unexplained)
        const block = { height: index + 1, epoch: 0, timeMs: 0, transactions: [], moves }
        all.push(...movementsOf(block, { account: OWN, before: balance, after }))
        balance = after
      }
      // As the index forgets: the balance after the last forgotten one is where history begins.
      const dropped = all.slice(0, Math.min(forgotten, all.length)).at(-1)
      const beginning = dropped ?? { height: 0, balance: FIRST }
      const from = { height: beginning.height, balance: beginning.balance, isOldest: true }
      const movements = all.slice(Math.min(forgotten, all.length))
      const earned = earnedSince({ from, movements }, sinceHeight)
      const sum = earned.lines.reduce((total, line) => total + changeOf(line), earned.from.balance)
      assert.equal(sum, balance)
      const told = movements.filter(({ height }) => height > sinceHeight || sinceHeight <= from.height)
      assert.equal(
        earned.lines.reduce((times, line) => times + line.times, 0),
        told.length,
      )
    }),
    { numRuns: 300 },
  )
})

const line = (changes: Partial<EarnLineView>): EarnLineView => ({
  kind: 'tips',
  about: null,
  name: null,
  came: '0',
  left: '0',
  fee: '0',
  times: 1,
  fromHeight: 1,
  toHeight: 1,
  bill: null,
  lease: null,
  payout: null,
  ...changes,
})

const view = (changes: Partial<EarnView>): EarnView => ({
  of: 'node',
  node: NodeId.fromBytes(OWN),
  account: accountIdOf(OWN),
  isMember: true,
  from: { height: 0, balance: '5', isOldest: true },
  lines: [],
  balance: '5',
  height: 9,
  isEqual: true,
  accrued: '0',
  carried: '0',
  ...changes,
})

const emission = { height: 9, epoch: 0, lastHeight: 600, blocksLeft: 591, remaining: '10', epochs: [] }

test('the sum is added anew, whatever the daemon says of it, and a wrong one is said', () => {
  const good = view({ lines: [line({ came: '7', fee: '2' })], balance: '10' })
  assert(addsUp(good))
  // One that nothing explains makes any sum come out.
  const unexplained = { lines: [line({ kind: 'other', came: '7', fee: '2' })] }
  for (const wrong of [{ balance: '11' }, { isEqual: false }, { lines: [] }, unexplained]) {
    const bad = { ...good, ...wrong }
    assert(!addsUp(bad))
    const report = { isEqual: false, wallet: bad, nodes: [], notShown: [], together: together([bad]), emission }
    const said = earnLines(report).filter((one) => /does NOT add up/.test(one))
    assert.equal(said.length, 2)
  }
})

test('what is owed and what was carried over are said apart, as long as there is any', () => {
  const wallet = view({ of: 'wallet' })
  const said = (changes: Partial<EarnView>): string => {
    const nodes = [view(changes)]
    const report = { isEqual: true, wallet, nodes, notShown: [], together: together([wallet]), emission }
    return earnLines(report).find((one) => /Owed/.test(one)) ?? ''
  }
  assert.match(said({ accrued: '169' }), /: 0\.000000000169 units, if it passes its audits$/)
  assert.match(said({ accrued: '2000000000000', carried: '500000' }), /: 2 units, .*; 0\.0000005 carried over/)
  assert.match(said({ carried: '10' }), /: 0 units, .*; 0\.00000000001 carried over/)
  assert.equal(said({}), '')
})

test('nothing yet says what to do, and a file named by somebody else is one line', () => {
  const wallet = view({ of: 'wallet' })
  const nodes = [view({}), view({ isMember: false })]
  const report = {
    isEqual: true,
    wallet,
    nodes,
    notShown: [{ node: '3', why: 'it does not answer' }],
    together: together([wallet]),
    emission,
  }
  const text = earnLines(report).join('\n')
  assert.match(text, /Nothing was paid yet: "borgios file put FILE"/)
  assert.match(text, /Nothing was earned yet/)
  assert.match(text, /no member yet/)
  assert.match(text, /Node 3 is not shown: it does not answer/)
  assert.match(text, /ends at height 600, in 591 blocks/)
})
