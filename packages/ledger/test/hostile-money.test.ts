import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { compareBytes, type Operation } from '@borgios/protocol'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { ESCROW_MODULE } from '../src/modules/escrow/escrow-module.ts'
import { holdIdOf } from '../src/modules/escrow/hold.ts'
import { leaseIdOf } from '../src/modules/leases/lease-records.ts'
import { ledgerTimeMs } from '../src/modules/service/ledger-clock.ts'
import { serviceModules } from '../src/modules/service-modules.ts'
import type { OperationType, StateModule } from '../src/modules/state-module.ts'
import { propertyRuns } from './full-slice.ts'
import { named, SmallLedger } from './support/small-ledger.ts'

const PEOPLE = ['payer', 'payer', 'other', 'operator', 'node']
const NODES = ['node', 'second']
const MAX_U64 = 2n ** 64n - 1n
const MAX_COUNT = Number.MAX_SAFE_INTEGER
const { minHoldMs, maxHoldMs, maxLeaseBytes, maxEntryShards } = limits.ledgerMoney

/** Half of all money there can be, so that sums come to the edge. */
const ledgerOfTheRich = (): SmallLedger =>
  new SmallLedger({
    balances: { payer: 2n ** 62n, other: 2n ** 61n, operator: 2n ** 40n, node: 2n ** 40n },
    parameters: { epochBlocks: 4, storagePrice: String(10n ** 10n), cpuPrice: String(10n ** 10n), accountPrice: '0' },
    members: { node: 'operator', second: 'other' },
    modules: serviceModules,
    parts: { earning: { remaining: String(2n ** 61n) } },
  })

interface Named {
  readonly module: StateModule
  readonly type: OperationType<unknown>
}

const TYPES: readonly Named[] = serviceModules.flatMap((module) =>
  module.operations.map((type) => ({ module, type: type as OperationType<unknown> })),
)

/** Bodies with fields at their edges, about few people, nodes, jobs and labels, so that they meet. */
class Hostile {
  readonly #random: SeededRandom
  readonly #ledger: SmallLedger
  readonly #seen: Operation[] = []

  constructor(random: SeededRandom, ledger: SmallLedger) {
    this.#random = random
    this.#ledger = ledger
  }

  operation(): Operation {
    const again = this.#random.chance(0.3) ? this.#random.pick(this.#seen) : undefined
    const one = again ?? this.#fresh()
    this.#seen.push(one)
    return this.#random.chance(0.3) ? { ...one, body: this.#mutated(one.body) } : one
  }

  #fresh(): Operation {
    const { module, type } = this.#pick(TYPES)
    return { module: module.id, kind: type.kind, body: type.encode(this.#bodyOf(module.id, type.kind)).slice() }
  }

  /** Every field that any operation has: each takes what is its own. */
  #bodyOf(module: number, kind: number): unknown {
    const label = this.#hash(['a', 'b'])
    const [hold, lease] = [holdIdOf(ESCROW_MODULE, this.#hash(PEOPLE), label), this.#lease()]
    const isJob = module === 6
    if (isJob && kind === 5) return this.#job()
    if (module === 7 && (kind === 2 || kind === 9)) return kind === 9 ? lease : label
    return {
      label,
      hold,
      lease,
      payee: this.#hash(PEOPLE),
      payer: this.#hash(PEOPLE),
      to: this.#hash(PEOPLE),
      node: this.#hash([...NODES, 'none']),
      auditor: this.#hash(NODES),
      answers: label,
      job: this.#job(),
      amount: this.#amount(),
      mostAmount: this.#amount(),
      lifeMs: this.#pick([minHoldMs, minHoldMs, maxHoldMs, 0, MAX_COUNT]),
      forMs: this.#pick([0, 1, 10 ** 9, MAX_COUNT]),
      bytes: this.#pick([1, 64, 2 ** 30, maxLeaseBytes, maxLeaseBytes + 1, MAX_COUNT]),
      most: this.#reading(),
      reading: this.#reading(),
      isReserved: this.#random.chance(0.5),
      data: this.#pick([0, 1, 255]),
      parity: this.#pick([0, 255]),
      entries: this.#entries(),
      nodes: this.#rising(),
      leases: [this.#lease(), this.#lease()].sort(compareBytes),
      epoch: this.#pick([this.#ledger.chain.epoch, 0, MAX_COUNT]),
      findings: this.#rising().map((node) => ({ node, passes: this.#pick([0, 34, 65_535]) })),
    }
  }

  #entries(): readonly unknown[] {
    return this.#rising().map((holder) => ({
      holder,
      bytes: this.#pick([0, 1, 2 ** 30, maxLeaseBytes, MAX_COUNT]),
      shards: this.#pick([0, 1, maxEntryShards, 2 ** 32 - 1]),
      list: holder,
    }))
  }

  #rising(): readonly Uint8Array[] {
    return [...NODES, 'a']
      .map(named)
      .filter(() => this.#random.chance(0.6))
      .sort(compareBytes)
  }

  #lease = (): Uint8Array => leaseIdOf(this.#hash(['payer', 'other']), this.#hash(['a', 'b']))
  #amount = (): bigint => this.#pick([0n, 1n, 10n ** 12n, 2n ** 62n, 2n ** 63n, MAX_U64 - 1n, MAX_U64])
  #job = (): Uint8Array => this.#hash(['j', 'k']).subarray(0, 16)
  #reading = () => ({ cpuMs: this.#pick([0, 1, 10 ** 6, MAX_COUNT]), mibMs: this.#pick([0, 10 ** 6, MAX_COUNT]) })
  #hash = (names: readonly string[]): Uint8Array => named(this.#pick(names))

  #pick<Item>(items: readonly Item[]): Item {
    return this.#random.pick(items) ?? assert.fail('a list of none')
  }

  /** Some bits, bytes or the end are other ones. */
  #mutated(body: Uint8Array): Uint8Array {
    const bytes = Uint8Array.from(body)
    for (let count = 1 + this.#random.below(3); count > 0 && bytes.length > 0; count -= 1) {
      const at = this.#random.below(bytes.length)
      bytes[at] = this.#pick([0, 255, (bytes[at] ?? 0) ^ (1 << this.#random.below(8)), this.#random.below(256)])
    }
    return this.#random.chance(0.2) ? bytes.subarray(0, this.#random.below(bytes.length + 1)) : bytes
  }
}

test('whatever anybody sends to the modules of money, at the edges of every number: refused or done, and no money appears', () => {
  const results = new Map<string, number>()
  let blocks = 0
  for (let seed = 1; seed <= propertyRuns(12); seed += 1) {
    const random = new SeededRandom(seed)
    const ledger = ledgerOfTheRich()
    const hostile = new Hostile(random, ledger)
    for (let block = 0; block < 30; block += 1) {
      const made = Array.from({ length: 12 }, () => {
        const operations = Array.from({ length: random.chance(0.1) ? 3 : 1 }, () => hostile.operation())
        const from = random.pick(PEOPLE) ?? assert.fail()
        const nonce = accountOf(ledger.state, named(from))?.nonce ?? 0
        return {
          operations,
          transaction: (at: number) => ledger.transaction(from, operations, { nonce: nonce + at }),
          from,
        }
      })
      // Everybody's own counter: what is malformed never enters, and leaves no gap.
      const counters = new Map<string, number>()
      const facts = ledger.facts({ timeMs: ledger.chain.timeMs + 1 + random.below(40_000) })
      const taken: Uint8Array[] = []
      for (const { from, transaction } of made) {
        const bytes = transaction(counters.get(from) ?? 0)
        const { transactions } = ledger.build([...taken, bytes], facts)
        if (transactions.length === taken.length) continue
        counters.set(from, (counters.get(from) ?? 0) + 1)
        taken.push(bytes)
      }
      // Throws for a bug, for a refusal without a number, and where the supply is not what it was.
      const { receipts } = ledger.block(taken, facts)
      blocks += 1
      for (const result of ledger.results(receipts)) results.set(result, (results.get(result) ?? 0) + 1)
    }
    assert.ok(ledgerTimeMs(ledger.state) > 0)
    assert.ok(ledger.supply.minted <= MAX_U64, `seed ${seed}`)
  }
  assert.equal(blocks, propertyRuns(12) * 30)
  assert.ok(!results.has('unknown'))
  // Not blind: it comes deep enough to be refused for many reasons, and to be done.
  assert.ok((results.get('done') ?? 0) > 50, `${results.get('done')} done`)
  assert.ok(results.size > 12, [...results.keys()].join(' '))
})
