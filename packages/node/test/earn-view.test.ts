import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualTime } from '@borgios/core/testing'
import { type JobBill, type Ledger, ModuleRegistry, type StateReader } from '@borgios/ledger'
import { ByteWriter } from '@borgios/protocol'
import { type EarnModules, earnView } from '../src/ledger/earn-view.ts'
import type { LedgerIndex } from '../src/ledger/ledger-index.ts'
import type { Movement } from '../src/ledger/movements.ts'

const hashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const [ACCOUNT, OTHER, NODE] = [hashOf(1), hashOf(2), hashOf(3)]
const jobOf = (at: number): Uint8Array => new ByteWriter(16).u64(at).u64(0).finish().slice()

/** A ledger in which an account has no money left, and so many bills stand; it counts what is read of them. */
class CountedLedger {
  read = 0
  readonly modules: EarnModules

  constructor(bills: readonly JobBill[], movements: readonly Movement[]) {
    const state = {
      get: () => undefined,
      list: (table: { readonly name: string }) => (table.name === 'job bills' ? this.#read(bills) : []),
    } as unknown as StateReader
    const chain = { record: { height: 9 }, modules: { registry: new ModuleRegistry([]) } }
    const sum = movements.reduce((total, { amount, fee }) => total + amount - fee, 0n)
    const from = { height: 0, balance: -sum, isOldest: true }
    const index = { history: async () => ({ from, movements, balance: 0n, height: 9 }) }
    this.modules = {
      ledger: { state, chain } as unknown as Ledger,
      index: index as unknown as LedgerIndex,
      timers: new ManualTime(),
      node: NODE,
      names: new Map(),
    }
  }

  *#read(bills: readonly JobBill[]): Generator<readonly [unknown, JobBill]> {
    for (const bill of bills) {
      this.read += 1
      yield [{}, bill]
    }
  }
}

const movement = (changes: Partial<Movement>): Movement => ({
  ...{ kind: 'jobHold', height: 1, timeMs: 0, amount: -10n, fee: 1n, balance: 0n },
  ...{ subject: undefined, memo: new Uint8Array(), transaction: undefined },
  ...changes,
})

test('each bill is read once, however many jobs there are, and stands with its job and side', async () => {
  const jobs = 500
  const bills = Array.from({ length: 3 * jobs }, (_, at): JobBill => {
    // Of every job one that the account paid, one that it was paid, and one between others.
    const [payer, payTo] = at % 3 === 0 ? [ACCOUNT, OTHER] : at % 3 === 1 ? [OTHER, ACCOUNT] : [OTHER, OTHER]
    return { job: jobOf(Math.floor(at / 3)), payer, payTo, node: NODE, gross: BigInt(1 + (at % 3)), burned: 1n }
  })
  const movements = Array.from({ length: jobs }, (_, at) => [
    movement({ subject: jobOf(at) }),
    movement({ subject: jobOf(at), kind: 'jobPaid', amount: 1n, fee: 0n }),
  ]).flat()
  const ledger = new CountedLedger(bills, movements)
  const view = await earnView(ACCOUNT, { of: 'wallet', sinceHeight: 0 }, ledger.modules)
  assert.equal(ledger.read, bills.length)
  assert.equal(view?.lines.length, 2 * jobs)
  assert.equal(view?.isEqual, true)
  for (const { kind, bill } of view?.lines ?? []) assert.equal(bill?.paid, kind === 'job' ? '1' : '2')
})

test('sums that come out only with a line that nothing explains do not count as equal', async () => {
  for (const [kind, isEqual] of [
    ['received', true],
    ['other', false],
  ] as const) {
    const { modules } = new CountedLedger([], [movement({ kind, subject: kind === 'other' ? undefined : OTHER })])
    const view = await earnView(ACCOUNT, { of: 'wallet', sinceHeight: 0 }, modules)
    assert.equal(view?.isEqual, isEqual)
  }
})
