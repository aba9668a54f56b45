import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBorgError } from '@borgios/core'
import fc from 'fast-check'
import { formatUnits, MAX_AMOUNT, parseUnits, unitsText } from '../src/ledger/amount.ts'

test('units are shown exactly: grouped, with no decimal too many', () => {
  const shown: readonly [bigint, string][] = [
    [0n, '0'],
    [1n, '0.000001'],
    [1_000_000n, '1'],
    [-12_500_000n, '-12.5'],
    [999_999_999_999n, '999,999.999999'],
    [1_234_567_890_100_000n, '1,234,567,890.1'],
    [MAX_AMOUNT, '18,446,744,073,709.551615'],
  ]
  for (const [amount, text] of shown) assert.equal(formatUnits(amount), text)
  assert.equal(unitsText(1_000_000n), '1 unit')
  assert.equal(unitsText(2_000_000n), '2 units')
})

test('whatever is shown reads back as the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: MAX_AMOUNT }), (amount) => {
      assert.equal(parseUnits(formatUnits(amount).replaceAll(',', '')), amount)
    }),
  )
})

test('what is no amount is refused with its reason', () => {
  const refused: readonly [string, RegExp][] = [
    ['0', /is zero/],
    ['0.000000', /is zero/],
    ['-1', /below zero/],
    ['1.0000001', /7 decimals/],
    ['1,000', /without commas/],
    ['1e3', /write digits/],
    ['0x10', /write digits/],
    ['', /write digits/],
    ['.5', /write digits/],
    ['5.', /write digits/],
    [' 5', /write digits/],
    ['٣', /write digits/],
    ['18446744073709.551616', /more than there can ever be/],
    ['9'.repeat(1_000_000), /more than there can ever be/],
  ]
  for (const [text, why] of refused) {
    assert.throws(
      () => parseUnits(text),
      (error) =>
        isBorgError(error) && error.code === 'NODE_USAGE' && why.test(error.message) && error.message.length < 200,
      text.slice(0, 20),
    )
  }
})
