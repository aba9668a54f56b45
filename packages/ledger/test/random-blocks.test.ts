import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@borgios/core/testing'
import { encodeTransaction, transactionId } from '@borgios/protocol'
import { executeBlock } from '../src/execution/execute-block.ts'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { propertyRuns } from './full-slice.ts'
import { AccountModel, type ModelTransaction } from './support/account-model.ts'
import { fakeSignature, NETWORK, named, SmallLedger, transferOf } from './support/small-ledger.ts'

const BALANCES = { ada: 2n ** 63n, ben: 2n ** 62n, carol: 5_000_000n, dan: 200_000n, eve: 0n, leader: 1n }
const SENDERS = Object.keys(BALANCES)
const RECEIVERS = [...SENDERS, 'new-1', 'new-2', 'new-3']
const BLOCKS = 12
const CANDIDATES = 12

interface Made {
  readonly bytes: Uint8Array
  readonly model: ModelTransaction
}

/** Transactions that are mostly right, and wrong in every way that can be. */
class Generator {
  readonly #random: SeededRandom
  readonly #ledger: SmallLedger
  readonly #model: AccountModel

  constructor(random: SeededRandom, ledger: SmallLedger, model: AccountModel) {
    this.#random = random
    this.#ledger = ledger
    this.#model = model
  }

  block(): Made[] {
    const next = new Map(this.#model.nonces)
    return Array.from({ length: CANDIDATES }, () => {
      const made = this.#transaction(next)
      if (made.model.isSigned) next.set(made.model.from, made.model.nonce + 1)
      return made
    })
  }

  #transaction(next: ReadonlyMap<string, number>): Made {
    const random = this.#random
    const from = this.#pick(random.chance(0.05) ? RECEIVERS : SENDERS)
    const transfers = Array.from({ length: 1 + random.below(3) }, () => ({
      to: this.#pick(RECEIVERS),
      amount: this.#amount(from),
    }))
    const offset = random.chance(0.1) ? random.below(3) - 1 : 0
    const height = this.#ledger.chain.height + 1
    const unsigned = {
      account: named(from),
      nonce: Math.max(0, (next.get(from) ?? 0) + offset),
      lastHeight: height + (random.chance(0.1) ? -1 : random.below(5)),
      maxFeePerUnit: this.#pick([1n, 1n, 2n, 9n, random.chance(0.1) ? 2n ** 64n - 1n : 3n]),
      tipPerUnit: this.#pick([0n, 1n, 5n, 2n ** 64n - 1n]),
      operations: transfers.map(({ to, amount }) => transferOf(named(to), amount)),
    }
    const isSigned = !random.chance(0.05)
    const key = named(isSigned ? from : 'forger')
    const signature = fakeSignature(key, transactionId(NETWORK, unsigned))
    const bytes = encodeTransaction({ ...unsigned, signatures: [{ key: 0, signature }] })
    return { bytes, model: { ...unsigned, from, transfers, isSigned, bytes: bytes.length } }
  }

  #amount(from: string): bigint {
    const balance = this.#model.balances.get(from) ?? 0n
    const near = balance > 5n ? balance - BigInt(this.#random.below(5)) : 0n
    return this.#pick([0n, 1n, 1_000n, balance / 3n, near, 2n ** 64n - 1n - BigInt(this.#random.below(3))])
  }

  #pick<Item>(items: readonly Item[]): Item {
    return this.#random.pick(items) ?? assert.fail('a list of none')
  }
}

/** One block made, executed by others on their own layers, and compared with the model. */
function check(ledger: SmallLedger, model: AccountModel, made: readonly Made[], why: string): void {
  const facts = ledger.facts()
  const built = ledger.build(
    made.map(({ bytes }) => bytes),
    facts,
  )
  const expected: string[] = []
  const included: Uint8Array[] = []
  for (const { bytes, model: transaction } of made) {
    const result = model.apply(transaction, facts.height, facts.baseFee)
    if (result === undefined) continue
    expected.push(result)
    included.push(bytes)
  }
  model.endBlock('leader')
  assert.deepEqual(ledger.results(built.receipts), expected, why)
  assert.deepEqual(built.transactions, included, why)

  const [one, other] = [ledger.state.layer(), ledger.state.layer()]
  const outcome = executeBlock(ledger.modules, one, facts, built.transactions)
  assert.deepEqual(executeBlock(ledger.modules, other, facts, built.transactions), outcome, why)
  const { receipts, usedUnits, feesPaid, moves } = built
  assert.deepEqual(outcome, { receipts, usedUnits, feesPaid, moves }, why)
  assert.deepEqual(one.root(), other.root(), why)
  const before = new Map(RECEIVERS.map((name) => [name, accountOf(ledger.state, named(name))?.balance ?? 0n]))
  ledger.finalize(one)

  for (const name of RECEIVERS) {
    const account = accountOf(ledger.state, named(name))
    assert.equal(account?.balance, model.balances.get(name), `${name}, ${why}`)
    const moved = moves.filter((move) => move.account.every((byte, index) => byte === named(name)[index]))
    const told = moved.reduce((sum, { amount }) => sum + amount, before.get(name) ?? 0n)
    assert.equal(told, account?.balance ?? 0n, `moves of ${name}, ${why}`)
    assert.equal(account?.nonce ?? 0, model.nonces.get(name) ?? 0, `${name}, ${why}`)
  }
  const { treasury, burned, minted } = ledger.supply
  assert.equal(minted, model.total, why)
  // The model halves each transaction's base fee, the ledger the block's.
  assert.equal(treasury + burned, model.treasury + model.burned, why)
}

test('random blocks do what a model says, nothing appears or vanishes, and everybody comes to the same root', () => {
  let done = 0
  let failed = 0
  let leftOut = 0
  for (let seed = 1; seed <= propertyRuns(25); seed += 1) {
    const ledger = new SmallLedger({ balances: BALANCES, parameters: { epochBlocks: 5 } })
    const model = new AccountModel(BALANCES)
    const generator = new Generator(new SeededRandom(seed), ledger, model)
    for (let block = 0; block < BLOCKS; block += 1) {
      const made = generator.block()
      const { receipts, leftOut: out } = ledger.build(made.map(({ bytes }) => bytes))
      done += receipts.filter(({ status }) => status === 0).length
      failed += receipts.filter(({ status }) => status !== 0).length
      leftOut += out.length
      check(ledger, model, made, `seed ${seed}, block ${block}`)
    }
  }
  for (const count of [done, failed, leftOut])
    assert.ok(count > 100, `${done} done, ${failed} failed, ${leftOut} left out`)
})
