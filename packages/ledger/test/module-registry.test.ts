import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '@borgios/core'
import { coreModules } from '../src/modules/core-modules.ts'
import { ModuleRegistry } from '../src/modules/module-registry.ts'
import type { StateModule } from '../src/modules/state-module.ts'
import { supplyModule } from '../src/modules/supply/supply-module.ts'
import { fakeEd25519, NETWORK } from './support/small-ledger.ts'

const options = { network: NETWORK, ed25519: fakeEd25519 }
const empty: StateModule = { id: 200, name: 'empty', tables: [], operations: [], refusals: {} }
const operation = {
  kind: 1,
  name: 'nothing',
  encode: () => new Uint8Array(),
  decode: () => undefined,
  units: () => 1,
  apply() {},
}
const refuses = (...modules: StateModule[]) => assert.throws(() => new ModuleRegistry(modules), AssertionError)

test('an operation is found by its module and kind', () => {
  const registry = new ModuleRegistry([{ ...empty, operations: [operation] }])
  assert.equal(registry.operation(200, 1), operation)
  assert.equal(registry.operation(200, 2), undefined)
  assert.equal(registry.operation(199, 1), undefined)
})

test('modules that clash are refused', () => {
  refuses(empty, { ...empty, name: 'other' })
  refuses(empty, { ...empty, id: 201 })
  refuses(supplyModule, { ...empty, tables: supplyModule.tables })
  refuses({ ...empty, operations: [operation, operation] })
  refuses({ ...empty, id: 0 })
  refuses({ ...empty, id: 256 })
  refuses({ ...empty, operations: [{ ...operation, kind: 256 }] })
  refuses({ ...empty, refusals: { LEDGER_ONE: 1, LEDGER_TWO: 1 } })
  refuses({ ...empty, refusals: { LEDGER_ONE: 0 } })
  refuses({ ...empty, refusals: { LEDGER_FUNDS_SHORT: 9 } })
  refuses({ ...empty, refusals: { LEDGER_ONE: 1 } }, { ...empty, id: 201, name: 'other', refusals: { LEDGER_ONE: 1 } })
})

/** What stands in receipts for ever: a number here may be added, never changed. */
const STATUSES: Readonly<Record<string, number>> = {
  PROTOCOL_MALFORMED: 1,
  LEDGER_FUNDS_SHORT: 2,
  LEDGER_SUPPLY_FULL: 3,
  LEDGER_BUCKET_FULL: 4,
  LEDGER_ACCOUNT_EXISTS: 0x101,
  LEDGER_NOT_MAJORITY_ACCOUNT: 0x102,
  LEDGER_NOT_GOVERNORS: 0x401,
  LEDGER_PARAMETER_REFUSED: 0x402,
  LEDGER_MEMBER_EXISTS: 0x501,
  LEDGER_NOT_MEMBER: 0x502,
  LEDGER_MEMBER_STATE: 0x503,
  LEDGER_NOT_MEMBERS_OPERATOR: 0x504,
  LEDGER_CONSENT_BAD: 0x505,
  LEDGER_SPONSOR_REFUSED: 0x506,
  LEDGER_EVIDENCE_WEAK: 0x507,
}

test('the numbers of refusals are what they always were', () => {
  const registry = new ModuleRegistry(coreModules(options))
  for (const [code, status] of Object.entries(STATUSES)) {
    assert.equal(registry.statusOf(code), status, code)
    assert.equal(registry.codeOf(status), code)
  }
  const refusals = coreModules(options).flatMap((module) => Object.keys(module.refusals))
  assert.deepEqual(
    refusals.filter((code) => !(code in STATUSES)),
    [],
  )
})
