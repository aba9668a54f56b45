import assert from 'node:assert/strict'
import { test } from 'node:test'
import { named, SmallLedger, transferOf } from './support/small-ledger.ts'

test('a transfer moves its amount, and its fee goes where it belongs', () => {
  const ledger = new SmallLedger({ balances: { ada: 1_000_000n, ben: 5n }, parameters: { burnPpm: 250_000 } })
  const { receipts, usedUnits, feesPaid } = ledger.block([
    ledger.transaction('ada', [transferOf(named('ben'), 300n)], { tipPerUnit: 2n }),
  ])
  const [receipt] = receipts
  assert.equal(receipt?.status, 0)
  assert.equal(receipt?.usedUnits, usedUnits)
  assert.equal(feesPaid, BigInt(usedUnits) * 3n)
  assert.equal(ledger.balance('ada'), 1_000_000n - 300n - feesPaid)
  assert.equal(ledger.balance('ben'), 305n)
  const base = BigInt(usedUnits)
  const tips = 2n * base
  assert.deepEqual(ledger.supply, {
    minted: 1_000_005n,
    burned: base / 4n,
    // The leader's account is opened with the first tips.
    treasury: base - base / 4n + tips,
  })
})
