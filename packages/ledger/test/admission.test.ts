import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { encodeTransaction, transactionId } from '@borgios/protocol'
import { buildBlock, executeBlock } from '../src/execution/execute-block.ts'
import { fakeSignature, NETWORK, named, SmallLedger, transferOf } from './support/small-ledger.ts'

const RICH = { balances: { ada: 10n ** 9n, ben: 10n ** 9n } }
const toBen = transferOf(named('ben'), 5n)

/** Why a leader leaves it out; a block with it must be refused by everybody else. */
function refusal(ledger: SmallLedger, transaction: Uint8Array): string | undefined {
  const built = ledger.build([transaction])
  const why = built.leftOut[0]?.why
  if (why === undefined) return undefined
  assert.deepEqual(built.transactions, [])
  assert.equal(built.feesPaid, 0n)
  assert.throws(() => executeBlock(ledger.modules, ledger.state.layer(), ledger.facts(), [transaction]), {
    code: 'LEDGER_BLOCK_INVALID',
  })
  return why
}

test('a transaction takes effect once', () => {
  const ledger = new SmallLedger(RICH)
  const transaction = ledger.transaction('ada', [toBen])
  ledger.block([transaction])
  const paid = ledger.balance('ada')
  assert.equal(refusal(ledger, transaction), 'nonceUsed')
  assert.equal(ledger.balance('ada'), paid)
  const twice = ledger.transaction('ada', [toBen])
  assert.throws(() => ledger.block([twice, twice]), { code: 'LEDGER_BLOCK_INVALID' })
})

test('nonces leave no gap', () => {
  const ledger = new SmallLedger(RICH)
  assert.equal(refusal(ledger, ledger.transaction('ada', [toBen], { nonce: 1 })), 'nonceAhead')
  const [first, second] = [0, 1].map((nonce) => ledger.transaction('ada', [toBen], { nonce }))
  assert.ok(first !== undefined && second !== undefined)
  assert.throws(() => ledger.block([second, first]), { code: 'LEDGER_BLOCK_INVALID' })
  assert.equal(ledger.block([first, second]).receipts.length, 2)
})

test('a transaction enters up to its last height, which is not too far', () => {
  const ledger = new SmallLedger(RICH)
  const next = ledger.chain.height + 1
  const { maxLifeBlocks } = limits.ledgerMoney
  const at = (lastHeight: number) => refusal(ledger, ledger.transaction('ada', [toBen], { nonce: 0, lastHeight }))
  assert.equal(at(next - 1), 'expired')
  assert.equal(at(next), undefined)
  assert.equal(at(next + maxLifeBlocks), undefined)
  assert.equal(at(next + maxLifeBlocks + 1), 'lifeTooLong')
})

test('who cannot pay the most it allows may not enter a block', () => {
  const probe = new SmallLedger(RICH)
  const { usedUnits } = probe.build([probe.transaction('ada', [toBen])])
  const short = new SmallLedger({ balances: { ada: BigInt(usedUnits) * 10n - 1n } })
  assert.equal(refusal(short, short.transaction('ada', [toBen])), 'fundsShort')
  const enough = new SmallLedger({ balances: { ada: BigInt(usedUnits) * 10n } })
  assert.equal(refusal(enough, enough.transaction('ada', [toBen])), undefined)
  assert.equal(refusal(enough, enough.transaction('nobody', [toBen])), 'fundsShort')
})

test('a block takes nobody who offers less than its base fee', () => {
  const ledger = new SmallLedger({ ...RICH, parameters: { leastBaseFee: '7' } })
  const offer = (maxFeePerUnit: bigint) =>
    ledger.transaction('ada', [toBen], { nonce: 0, maxFeePerUnit, tipPerUnit: 9n })
  assert.equal(refusal(ledger, offer(6n)), 'feeLow')
  assert.equal(refusal(ledger, offer(7n)), undefined)
})

test('the fee of one transaction counts for the next of the same account', () => {
  const probe = new SmallLedger(RICH)
  const { usedUnits } = probe.build([probe.transaction('ada', [toBen])])
  const ledger = new SmallLedger({ balances: { ada: BigInt(usedUnits) * 10n + 5n, ben: 0n } })
  const built = ledger.build([ledger.transaction('ada', [toBen]), ledger.transaction('ada', [toBen])])
  assert.deepEqual(
    built.leftOut.map(({ why }) => why),
    ['fundsShort'],
  )
})

test('signatures of others, of other transactions or too many do not stand', () => {
  const ledger = new SmallLedger(RICH)
  const unsigned = ledger.unsigned('ada', [toBen])
  const id = transactionId(NETWORK, unsigned)
  const withSignatures = (...signatures: { key: number; signature: Uint8Array }[]) =>
    refusal(ledger, encodeTransaction({ ...unsigned, signatures }))
  const right = fakeSignature(named('ada'), id)
  assert.equal(withSignatures({ key: 0, signature: right }), undefined)
  assert.equal(withSignatures({ key: 0, signature: fakeSignature(named('ben'), id) }), 'badSignature')
  assert.equal(withSignatures({ key: 0, signature: fakeSignature(named('ada'), named('other')) }), 'badSignature')
  assert.equal(withSignatures({ key: 1, signature: right }), 'badSignature')
  assert.equal(withSignatures({ key: 0, signature: right }, { key: 1, signature: right }), 'badSignature')
})

test('a transaction of another network is badly signed', () => {
  const ledger = new SmallLedger(RICH)
  const transaction = ledger.transaction('ada', [toBen])
  const elsewhere = { ...ledger.modules, network: named('elsewhere') }
  const [left] = buildBlock(elsewhere, ledger.state.layer(), ledger.facts(), [transaction]).leftOut
  assert.equal(left?.why, 'badSignature')
})

test('bytes that are no transaction, or whose operation is none, may not enter a block', () => {
  const ledger = new SmallLedger(RICH)
  const transaction = ledger.transaction('ada', [toBen])
  assert.equal(refusal(ledger, transaction.slice(1)), 'malformed')
  assert.equal(refusal(ledger, Uint8Array.of(...transaction, 0)), 'malformed')
  assert.equal(refusal(ledger, new Uint8Array()), 'malformed')
  const body = new Uint8Array(3)
  assert.equal(refusal(ledger, ledger.transaction('ada', [{ module: 1, kind: 1, body }])), 'malformed')
  assert.equal(refusal(ledger, ledger.transaction('ada', [{ module: 1, kind: 99, body }])), 'unknownOperation')
  assert.equal(refusal(ledger, ledger.transaction('ada', [{ module: 99, kind: 1, body }])), 'unknownOperation')
})

test('a block ends where its units or bytes do, but not at one that fits no block', () => {
  const ledger = new SmallLedger(RICH)
  const candidates = Array.from({ length: 4 }, () => ledger.transaction('ada', [toBen]))
  const [first] = candidates
  assert.ok(first !== undefined)
  const { usedUnits } = ledger.build([first])
  const lengths = (count: number) => 4 + count * (4 + first.length)
  const wide = { maxUnits: 10 ** 9, maxBytes: 10 ** 9 }
  const taken = (bounds: { maxUnits: number; maxBytes: number }, from = candidates) => {
    const built = buildBlock(ledger.modules, ledger.state.layer(), ledger.facts(), from, bounds)
    return [built.transactions.length, ...built.leftOut.map(({ why }) => why)]
  }
  assert.deepEqual(taken({ ...wide, maxUnits: 2 * usedUnits }), [2, 'blockFull'])
  assert.deepEqual(taken({ ...wide, maxUnits: 2 * usedUnits - 1 }), [1, 'blockFull'])
  assert.deepEqual(taken({ ...wide, maxBytes: lengths(3) }), [3, 'blockFull'])
  assert.deepEqual(taken({ ...wide, maxBytes: lengths(3) - 1 }), [2, 'blockFull'])
  const large = ledger.transaction(
    'ben',
    Array.from({ length: 32 }, () => toBen),
  )
  assert.deepEqual(taken({ ...wide, maxUnits: 4 * usedUnits }, [large, ...candidates]), [4, 'tooLarge'])
  assert.deepEqual(taken({ ...wide, maxBytes: lengths(4) }, [large, ...candidates]), [4, 'tooLarge'])
})

test('a leader cannot take bounds wider than the network has', () => {
  const ledger = new SmallLedger({ ...RICH, parameters: { targetUnits: 100_000 } })
  const large = Array.from({ length: 32 }, () => toBen)
  const candidates = Array.from({ length: 60 }, () => ledger.transaction('ada', large))
  const wide = { maxUnits: 10 ** 9, maxBytes: 10 ** 9 }
  const built = buildBlock(ledger.modules, ledger.state.layer(), ledger.facts(), candidates, wide)
  assert.ok(built.usedUnits <= 200_000 && built.usedUnits > 190_000)
  assert.throws(() => ledger.block(candidates), { code: 'LEDGER_BLOCK_INVALID' })
})

test('a header that does not follow its parent makes the block invalid', () => {
  const ledger = new SmallLedger(RICH)
  const { height, epoch, timeMs, baseFee } = ledger.facts()
  const wrong = [
    { height: height + 1 },
    { height: height - 1 },
    { epoch: epoch + 1 },
    { timeMs: timeMs - 1 },
    { baseFee: baseFee + 1n },
    { nextBeacon: named('too early') },
  ]
  for (const changes of wrong) {
    assert.throws(
      () => ledger.build([], ledger.facts(changes)),
      { code: 'LEDGER_BLOCK_INVALID' },
      Object.keys(changes)[0],
    )
  }
})

test('the last block of an epoch must seal it', () => {
  const ledger = new SmallLedger({ parameters: { epochBlocks: 2 } })
  ledger.block([])
  assert.throws(() => ledger.block([], ledger.facts({ nextBeacon: undefined })), { code: 'LEDGER_BLOCK_INVALID' })
  const beacon = named('next')
  ledger.block([], ledger.facts({ nextBeacon: beacon }))
  const { epoch, lastHeight, beacon: written } = ledger.chain
  assert.deepEqual({ epoch, lastHeight, written }, { epoch: 1, lastHeight: 4, written: beacon })
})
