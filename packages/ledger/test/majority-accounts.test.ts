import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCOUNTS_MODULE,
  type AccountPolicy,
  compareBytes,
  encodeTransaction,
  majorityAccount,
  type Operation,
  transactionId,
} from '@borgios/protocol'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import {
  CREATE_MAJORITY_ACCOUNT,
  createMajorityAccount,
  ROTATE_POLICY,
  rotatePolicy,
} from '../src/modules/accounts/majority.ts'
import { fakeSignature, NETWORK, named, SmallLedger, signed, transferOf } from './support/small-ledger.ts'

const policyOf = (needed: number, ...names: string[]): AccountPolicy => ({
  needed,
  keys: names.map(named).sort(compareBytes),
})
const create = (policy: AccountPolicy): Operation => ({
  module: ACCOUNTS_MODULE,
  kind: CREATE_MAJORITY_ACCOUNT,
  body: createMajorityAccount.encode(policy),
})
const rotate = (policy: AccountPolicy): Operation => ({
  module: ACCOUNTS_MODULE,
  kind: ROTATE_POLICY,
  body: rotatePolicy.encode(policy),
})

const RICH = 10n ** 9n
const POLICY = policyOf(2, 'one', 'two', 'three')
const SHARED = majorityAccount(POLICY)

/** With the account of {@link POLICY} made and funded. */
function sharedLedger(): SmallLedger {
  const ledger = new SmallLedger({ balances: { ada: RICH, ben: 0n } })
  assert.equal(ledger.try('ada', [create(POLICY), transferOf(SHARED, RICH / 2n)]), 'done')
  return ledger
}

/** Sends from the shared account with the keys at these places of a policy: `done`, a refusal or the code of an error. */
function send(
  ledger: SmallLedger,
  places: readonly number[],
  operation: Operation,
  policy = POLICY,
): string | undefined {
  const nonce = accountOf(ledger.state, SHARED)?.nonce ?? 0
  const unsigned = ledger.unsigned('shared', [operation], { account: SHARED, nonce })
  const built = ledger.build([signed(unsigned, policy, places)])
  if (built.leftOut[0] !== undefined) return built.leftOut[0].why
  return ledger.results(ledger.block(built.transactions).receipts)[0]
}

const toBen = transferOf(named('ben'), 5n)

test('as many of its keys as needed, whichever, move money', () => {
  const ledger = sharedLedger()
  for (const places of [
    [0, 1],
    [0, 2],
    [1, 2],
    [0, 1, 2],
  ])
    assert.equal(send(ledger, places, toBen), 'done')
  assert.equal(ledger.balance('ben'), 20n)
})

test('one key less than needed moves nothing', () => {
  const ledger = sharedLedger()
  for (const places of [[0], [1], [2]]) assert.equal(send(ledger, places, toBen), 'badSignature')
})

test('one key counts once', () => {
  const ledger = sharedLedger()
  const unsigned = ledger.unsigned('shared', [toBen], { account: SHARED, nonce: 0 })
  const [first = NETWORK] = POLICY.keys
  const signature = fakeSignature(first, transactionId(NETWORK, unsigned))
  const twoPlaces = [0, 1].map((key) => ({ key, signature }))
  assert.equal(
    ledger.build([encodeTransaction({ ...unsigned, signatures: twoPlaces })]).leftOut[0]?.why,
    'badSignature',
  )
  const right = encodeTransaction({ ...unsigned, signatures: twoPlaces })
  // The second signature's place is made the first's: twice the same key.
  right[right.length - 65] = 0
  assert.equal(ledger.build([right]).leftOut[0]?.why, 'malformed')
})

test('a third signature that does not stand spoils two that do', () => {
  const ledger = sharedLedger()
  const foreign = { ...POLICY, keys: [...POLICY.keys.slice(0, 2), named('stranger')] }
  assert.equal(send(ledger, [0, 1, 2], toBen, foreign), 'badSignature')
  const longer = { ...POLICY, keys: [...POLICY.keys, named('stranger')] }
  assert.equal(send(ledger, [0, 1, 3], toBen, longer), 'badSignature')
})

test('the account of a policy is made once, also when it already has money', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH, ben: RICH } })
  assert.equal(ledger.try('ada', [transferOf(SHARED, 77n)]), 'done')
  assert.equal(send(ledger, [0, 1], toBen), 'fundsShort')
  const treasury = ledger.supply.treasury
  const { feesPaid, receipts } = ledger.block([ledger.transaction('ben', [create(POLICY)])])
  assert.deepEqual(ledger.results(receipts), ['done'])
  assert.ok(ledger.supply.treasury - treasury <= feesPaid, 'it was opened before')
  assert.deepEqual(accountOf(ledger.state, SHARED), { balance: 77n, nonce: 0, policy: POLICY })
  assert.equal(ledger.try('ben', [create(POLICY)]), 'LEDGER_ACCOUNT_EXISTS')
})

test('keys are changed by the majority of those before, and the account stays', () => {
  const ledger = sharedLedger()
  const next = policyOf(1, 'four', 'five')
  assert.equal(send(ledger, [0], rotate(next)), 'badSignature')
  assert.equal(send(ledger, [0, 1], rotate(next)), 'done')
  assert.equal(send(ledger, [0, 1], toBen), 'badSignature')
  assert.equal(send(ledger, [1], toBen, next), 'done')
  const balance = accountOf(ledger.state, SHARED)?.balance ?? 0n
  assert.ok(balance > 0n)
  assert.equal(ledger.try('ada', [create(POLICY)]), 'LEDGER_ACCOUNT_EXISTS')
  assert.deepEqual(accountOf(ledger.state, SHARED)?.policy, next)
})

test('a signature of keys that were changed earlier in the same block does not stand', () => {
  const ledger = sharedLedger()
  const of = (nonce: number, operation: Operation) =>
    signed(ledger.unsigned('shared', [operation], { account: SHARED, nonce }), POLICY, [0, 1])
  const built = ledger.build([of(0, rotate(policyOf(1, 'four'))), of(1, toBen)])
  assert.deepEqual([built.transactions.length, built.leftOut[0]?.why], [1, 'badSignature'])
})

test('an account of one key has none to change', () => {
  const ledger = new SmallLedger({ balances: { ada: RICH } })
  assert.equal(ledger.try('ada', [rotate(POLICY)]), 'LEDGER_NOT_MAJORITY_ACCOUNT')
})
