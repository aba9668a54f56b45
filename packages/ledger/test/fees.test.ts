import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import fc from 'fast-check'
import { greatestFee, nextBaseFee, unitPrice } from '../src/execution/fees.ts'
import { propertyRuns } from './full-slice.ts'
import { named, SmallLedger, transferOf } from './support/small-ledger.ts'

const MOST = BigInt(limits.ledgerMoney.maxBaseFee)
const fee = fc.bigInt({ min: 1n, max: MOST })
const target = fc.integer({ min: 1_000, max: 100_000_000 })

test('the base fee follows use by at most an eighth, and by at least one', () => {
  const used = fc.double({ min: 0, max: 2, noNaN: true })
  fc.assert(
    fc.property(fee, target, used, (baseFee, targetUnits, times) => {
      const usedUnits = Math.floor(targetUnits * times)
      const next = nextBaseFee(baseFee, usedUnits, targetUnits, 1n)
      const step = next > baseFee ? next - baseFee : baseFee - next
      assert.ok(step <= 1n || step * 8n <= baseFee, `${baseFee} became ${next}`)
      if (usedUnits > targetUnits) assert.ok(next > baseFee || baseFee === MOST)
      if (usedUnits < targetUnits) assert.ok(next < baseFee || baseFee === 1n)
      if (usedUnits === targetUnits) assert.equal(next, baseFee)
    }),
    { numRuns: propertyRuns(100) },
  )
})

test('the base fee moves as EIP-1559 says', () => {
  assert.equal(nextBaseFee(8_000n, 2_000, 1_000, 1n), 9_000n)
  assert.equal(nextBaseFee(8_000n, 0, 1_000, 1n), 7_000n)
  assert.equal(nextBaseFee(8_000n, 1_500, 1_000, 1n), 8_500n)
})

test('the base fee stays between the least and the most', () => {
  assert.equal(nextBaseFee(MOST, 2_000, 1_000, 1n), MOST)
  assert.equal(nextBaseFee(5n, 0, 1_000, 5n), 5n)
  assert.equal(nextBaseFee(3n, 1_000, 1_000, 7n), 7n)
})

test('a transaction pays the base fee, and the tip as far as its maximum leaves room', () => {
  const price = (maxFeePerUnit: bigint, tipPerUnit: bigint) => {
    const ledger = new SmallLedger()
    const transaction = ledger.unsigned('ada', [transferOf(named('ben'), 1n)], { maxFeePerUnit, tipPerUnit })
    return unitPrice({ ...transaction, signatures: [] }, 10n)
  }
  assert.deepEqual(price(20n, 3n), { base: 10n, tip: 3n })
  assert.deepEqual(price(12n, 3n), { base: 10n, tip: 2n })
  assert.deepEqual(price(10n, 3n), { base: 10n, tip: 0n })
  assert.equal(price(9n, 3n), undefined)
})

test('the greatest fee is reckoned without rounding', () => {
  const ledger = new SmallLedger()
  const transaction = ledger.unsigned('ada', [transferOf(named('ben'), 1n)], { maxFeePerUnit: 2n ** 64n - 1n })
  assert.equal(greatestFee({ ...transaction, signatures: [] }, 3), 3n * (2n ** 64n - 1n))
})

test('full blocks drive the base fee up, empty ones down to the least', () => {
  const ledger = new SmallLedger({
    balances: { ada: 10n ** 12n },
    parameters: { targetUnits: 100_000, leastBaseFee: '3' },
  })
  assert.equal(ledger.chain.baseFee, 3n)
  const large = Array.from({ length: 32 }, () => transferOf(named('ada'), 1n))
  for (let block = 0; block < 20; block += 1) {
    const candidates = Array.from({ length: 40 }, () => ledger.transaction('ada', large, { maxFeePerUnit: 1_000n }))
    const built = ledger.build(candidates)
    assert.equal(built.leftOut[0]?.why, undefined)
    ledger.block(built.transactions)
  }
  assert.ok(ledger.chain.baseFee > 15n, `${ledger.chain.baseFee}`)
  for (let block = 0; block < 40; block += 1) ledger.block([])
  assert.equal(ledger.chain.baseFee, 3n)
})
