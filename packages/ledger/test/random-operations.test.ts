import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '@borgios/core/testing'
import { accountIdOf } from '@borgios/crypto'
import { ACCOUNTS_MODULE, type AccountPolicy, compareBytes, majorityAccount, type Operation } from '@borgios/protocol'
import { executeBlock } from '../src/execution/execute-block.ts'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import {
  CREATE_MAJORITY_ACCOUNT,
  createMajorityAccount,
  ROTATE_POLICY,
  rotatePolicy,
} from '../src/modules/accounts/majority.ts'
import { committeeOf } from '../src/modules/members/committee-table.ts'
import { memberTable } from '../src/modules/members/member.ts'
import { PARAMETER_NAMES, PARAMETERS } from '../src/modules/parameters/parameters.ts'
import { PARAMETERS_MODULE } from '../src/modules/parameters/parameters-module.ts'
import { SET_PARAMETER, setParameter } from '../src/modules/parameters/set-parameter.ts'
import { propertyRuns } from './full-slice.ts'
import { agreed, drainOf, joinOf, leaveOf, termsOf, updateOf } from './support/member-operations.ts'
import { accuse, proposal, vote } from './support/misdeeds.ts'
import { named, OFFER, SmallLedger, signed, transferOf } from './support/small-ledger.ts'

const PEOPLE = ['founder', 'ada', 'ben', 'carol', 'dan']
const NODES = ['first', 'n1', 'n2', 'n3', 'n4']
const RICH = 10n ** 13n
const POLICIES: readonly AccountPolicy[] = [
  { needed: 2, keys: PEOPLE.slice(0, 3).map(named).sort(compareBytes) },
  { needed: 1, keys: PEOPLE.slice(2).map(named).sort(compareBytes) },
]
const [GOVERNORS = assert.fail()] = POLICIES
const GOVERNORS_ACCOUNT = majorityAccount(GOVERNORS)

/** Any operation of any module, about few people and nodes, so that they meet. */
class Operations {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  pick<Item>(items: readonly Item[]): Item {
    return this.#random.pick(items) ?? assert.fail('a list of none')
  }

  any(): Operation {
    const node = this.pick(NODES)
    return this.pick([
      () => transferOf(named(this.pick(PEOPLE)), BigInt(this.#random.below(10 ** 6))),
      () => transferOf(this.pick([GOVERNORS_ACCOUNT, named('new')]), this.pick([0n, 5n, 2n ** 63n])),
      () => this.#policyOperation(CREATE_MAJORITY_ACCOUNT, createMajorityAccount.encode(this.pick(POLICIES))),
      () => this.#policyOperation(ROTATE_POLICY, rotatePolicy.encode(this.pick(POLICIES))),
      () => this.change(),
      () => this.#join(node),
      () => this.#join(node),
      () => updateOf({ node: named(node), ...OFFER, account: named(this.pick(['purse', ...PEOPLE])) }),
      () => drainOf(node, this.#random.chance(0.5)),
      () => leaveOf(node),
      () => this.#accusation(node),
    ])()
  }

  /** Small changes: what is asked here is whether money stays, not whether any prices work. */
  change(): Operation {
    const name = this.pick(PARAMETER_NAMES)
    const { number, least, first, most } = PARAMETERS[name]
    const values = name === 'accountPrice' || name === 'deposit' ? [least, 5n] : [least, first, BigInt(most) + 1n]
    const body = setParameter.encode({ number, value: BigInt(this.pick<number | bigint>(values)) })
    return { module: PARAMETERS_MODULE, kind: SET_PARAMETER, body }
  }

  #policyOperation = (kind: number, body: Uint8Array): Operation => ({ module: ACCOUNTS_MODULE, kind, body })

  #join(node: string): Operation {
    const sponsor = this.#random.chance(0.5) ? named(this.pick(NODES)) : undefined
    return joinOf(agreed(termsOf(node, this.pick(PEOPLE), { sponsor })))
  }

  #accusation(node: string): Operation {
    const signer = this.#random.chance(0.3) ? node : 'other'
    const evidence = this.#random.chance(0.5)
      ? { kind: 'votes' as const, first: vote('final', 'a', {}, signer), second: vote('skip', '', {}, signer) }
      : { kind: 'proposals' as const, first: proposal('a', {}, signer), second: proposal('b', {}, signer) }
    return accuse({ node: named(node), evidence })
  }
}

function heldByAll(ledger: SmallLedger): bigint {
  const accounts = [...PEOPLE, 'leader', 'new', 'purse'].map(named).concat(POLICIES.map(majorityAccount))
  const balances = accounts.map((account) => accountOf(ledger.state, account)?.balance ?? 0n)
  const deposits = [...ledger.state.list(memberTable)].map(([, { deposit }]) => deposit)
  const { treasury, burned } = ledger.supply
  return [...balances, ...deposits, treasury, burned].reduce((sum, amount) => sum + amount, 0n)
}

test('whatever operations meet, money stays, a committee is there, and all come to the same root', () => {
  const results = new Map<string, number>()
  for (let seed = 1; seed <= propertyRuns(20); seed += 1) {
    const random = new SeededRandom(seed)
    const operations = new Operations(random)
    const ledger = governedLedger()
    for (let block = 0; block < 15; block += 1) {
      const why = `seed ${seed}, block ${block}`
      const candidates = Array.from({ length: 6 }, () => {
        const some = Array.from({ length: 1 + random.below(3) }, () => operations.any())
        return ledger.transaction(operations.pick(PEOPLE), some, { maxFeePerUnit: 1_000n })
      })
      const nonce = accountOf(ledger.state, GOVERNORS_ACCOUNT)?.nonce ?? 0
      const decision = ledger.unsigned('governors', [operations.change()], { account: GOVERNORS_ACCOUNT, nonce })
      const built = ledger.build([...candidates, signed(decision, GOVERNORS, [0, 1])])
      assert.deepEqual(built.leftOut, [], why)
      const other = ledger.state.layer()
      executeBlock(ledger.modules, other, ledger.facts(), built.transactions)
      const otherRoot = other.root()
      ledger.block(built.transactions)
      assert.deepEqual(ledger.state.root, otherRoot, why)
      assert.equal(heldByAll(ledger), ledger.supply.minted, why)
      assert.ok(committeeOf(ledger.state, ledger.chain.epoch) !== undefined, why)
      for (const result of ledger.results(built.receipts)) results.set(result, (results.get(result) ?? 0) + 1)
    }
  }
  assert.ok(!results.has('unknown'))
  assert.ok(results.size > 10, [...results.keys()].join(' '))
})

const governedLedger = (): SmallLedger => {
  const governors = { needed: GOVERNORS.needed, keys: GOVERNORS.keys.map(accountIdOf) }
  const values = { deposit: '500', epochBlocks: 2, unbondingEpochs: 2, accountPrice: '7' }
  const accounts = PEOPLE.map(named).concat(GOVERNORS_ACCOUNT)
  return new SmallLedger({
    parts: {
      parameters: { values, governors },
      accounts: accounts.map((account) => ({ account: accountIdOf(account), balance: String(RICH) })),
    },
  })
}
