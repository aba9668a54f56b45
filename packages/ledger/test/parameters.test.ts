import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountIdOf } from '@borgios/crypto'
import { type AccountPolicy, compareBytes, majorityAccount, type Operation } from '@borgios/protocol'
import fc from 'fast-check'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { parameter } from '../src/modules/parameters/parameter-table.ts'
import {
  isInRange,
  PARAMETER_NAMES,
  PARAMETERS,
  type ParameterName,
  parameterOf,
} from '../src/modules/parameters/parameters.ts'
import { PARAMETERS_MODULE } from '../src/modules/parameters/parameters-module.ts'
import { SET_PARAMETER, setParameter } from '../src/modules/parameters/set-parameter.ts'
import { propertyRuns } from './full-slice.ts'
import { named, SmallLedger, signed } from './support/small-ledger.ts'

const GOVERNORS: AccountPolicy = { needed: 2, keys: ['gov-1', 'gov-2', 'gov-3'].map(named).sort(compareBytes) }
const ACCOUNT = majorityAccount(GOVERNORS)
const DELAY = 2

const change = (name: ParameterName, value: bigint | number, number: number = PARAMETERS[name].number): Operation => ({
  module: PARAMETERS_MODULE,
  kind: SET_PARAMETER,
  body: setParameter.encode({ number, value: BigInt(value) }),
})

function governed(): SmallLedger {
  const policy = { needed: GOVERNORS.needed, keys: GOVERNORS.keys.map(accountIdOf) }
  const values = { deposit: '0', epochBlocks: 2, parameterDelayEpochs: DELAY }
  return new SmallLedger({
    balances: { ada: 10n ** 9n },
    parts: {
      parameters: { values, governors: policy },
      accounts: [
        { account: accountIdOf(ACCOUNT), balance: '1000000000' },
        { account: accountIdOf(named('ada')), balance: '1000000000' },
      ],
    },
  })
}

function decide(ledger: SmallLedger, operation: Operation, places = [0, 2]): string | undefined {
  const nonce = accountOf(ledger.state, ACCOUNT)?.nonce ?? 0
  const built = ledger.build([
    signed(ledger.unsigned('governors', [operation], { account: ACCOUNT, nonce }), GOVERNORS, places),
  ])
  if (built.leftOut[0] !== undefined) return built.leftOut[0].why
  return ledger.results(ledger.block(built.transactions).receipts)[0]
}

const now = <Name extends ParameterName>(ledger: SmallLedger, name: Name) =>
  parameter({ state: ledger.state, epoch: ledger.chain.epoch }, name)

test('what the governors decide holds after the delay, for everybody from the same epoch on', () => {
  const ledger = governed()
  assert.equal(decide(ledger, change('epochBlocks', 3)), 'done')
  const decidedIn = 0
  for (;;) {
    const { epoch } = ledger.chain
    assert.equal(now(ledger, 'epochBlocks'), epoch < decidedIn + DELAY ? 2 : 3, `epoch ${epoch}`)
    if (epoch === 4) break
    ledger.block([])
  }
  // Epochs 0 and 1 had two blocks, 2 and 3 had three.
  assert.equal(ledger.chain.height, 10)
  assert.equal(ledger.chain.lastHeight, 13)
})

test('a decision that does not hold yet is replaced by the next, and one that holds is kept', () => {
  const ledger = governed()
  assert.equal(decide(ledger, change('accountPrice', 5n)), 'done')
  assert.equal(decide(ledger, change('accountPrice', 6n)), 'done')
  assert.equal(now(ledger, 'accountPrice'), 10_000n)
  while (ledger.chain.epoch < DELAY) ledger.block([])
  assert.equal(now(ledger, 'accountPrice'), 6n)
  assert.equal(decide(ledger, change('accountPrice', 7n)), 'done')
  assert.equal(now(ledger, 'accountPrice'), 6n)
  while (ledger.chain.epoch < 2 * DELAY) ledger.block([])
  assert.equal(now(ledger, 'accountPrice'), 7n)
})

test('nobody but the majority of the governors decides', () => {
  const ledger = governed()
  assert.equal(ledger.try('ada', [change('accountPrice', 5n)]), 'LEDGER_NOT_GOVERNORS')
  assert.equal(decide(ledger, change('accountPrice', 5n), [1]), 'badSignature')
  const ungoverned = new SmallLedger({ balances: { ada: 10n ** 9n } })
  assert.equal(ungoverned.try('ada', [change('accountPrice', 5n)]), 'LEDGER_NOT_GOVERNORS')
})

test('what is out of range or unknown is refused', () => {
  for (const name of PARAMETER_NAMES) {
    const ledger = governed()
    const { least, most } = PARAMETERS[name]
    assert.equal(decide(ledger, change(name, BigInt(most) + 1n)), 'LEDGER_PARAMETER_REFUSED', name)
    if (BigInt(least) > 0n)
      assert.equal(decide(ledger, change(name, BigInt(least) - 1n)), 'LEDGER_PARAMETER_REFUSED', name)
    assert.equal(decide(ledger, change(name, BigInt(least))), 'done', name)
    assert.equal(decide(ledger, change(name, BigInt(most))), 'done', name)
  }
  assert.equal(decide(governed(), change('deposit', 1n, 60_000)), 'LEDGER_PARAMETER_REFUSED')
})

test('each parameter has a number of its own, a range, and a first value in it', () => {
  for (const name of PARAMETER_NAMES) {
    const { number, first, least, most, unit, reason } = PARAMETERS[name]
    assert.equal(parameterOf(number), name)
    assert.ok(number >= 1 && number <= 0xffff)
    assert.ok(isInRange(name, BigInt(first)) && least < most)
    assert.ok(BigInt(most) < 2n ** 64n && (typeof most === 'bigint' || Number.isSafeInteger(most)))
    assert.ok(unit.length > 0 && reason.length > 0)
  }
})

test('a network works with every parameter at either end of its range', () => {
  const names = PARAMETER_NAMES.filter((name) => name !== 'epochBlocks')
  const atEnds = fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length })
  fc.assert(
    fc.property(atEnds, (ends) => {
      const values = names.map((name, place) => {
        const value = ends[place] === true ? PARAMETERS[name].most : PARAMETERS[name].least
        return [name, typeof value === 'bigint' ? String(value) : value] as const
      })
      const ledger = new SmallLedger({
        balances: { ada: 10n ** 18n, founder: 10n ** 16n },
        parameters: { ...Object.fromEntries(values), epochBlocks: 2 },
      })
      for (let block = 0; block < 5; block += 1) ledger.block([])
      assert.equal(ledger.chain.height, 5)
    }),
    { numRuns: propertyRuns(15) },
  )
})
