import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@borgios/core'
import { NodeId, OperatorId } from '@borgios/core'
import { accountIdOf } from '@borgios/crypto'
import { applyGenesis, firstBeacon, genesisBlock, parseLedgerGenesis } from '../src/execution/genesis.ts'
import { accountOf } from '../src/modules/accounts/account-table.ts'
import { coreModules } from '../src/modules/core-modules.ts'
import { committeeOf } from '../src/modules/members/committee-table.ts'
import { memberOf } from '../src/modules/members/member.ts'
import { ModuleRegistry } from '../src/modules/module-registry.ts'
import { openMemoryState } from '../src/state/final-state.ts'
import { fakeEd25519, NETWORK, named, OFFER, SmallLedger, START_MS } from './support/small-ledger.ts'

const ada = accountIdOf(named('ada'))
const founder = (node: string, operator: string) => ({
  node: NodeId.fromBytes(named(node)),
  operator: OperatorId.fromBytes(named(operator)),
  account: accountIdOf(named(operator)),
  ...OFFER,
})
const MEMBERS = { members: [founder('n1', 'ada')], parameters: { values: { deposit: '0' } } }

const asks = (modules: JsonObject) => ({
  code: 'LEDGER_GENESIS_INVALID',
  apply: () => new SmallLedger({ parts: modules }),
})

test('genesis mints what it gives, takes deposits from it, and names the first committee', () => {
  const ledger = new SmallLedger({
    balances: { ada: 1_000n, op1: 50n, op2: 70n },
    members: { n1: 'op1', n2: 'op2' },
    parameters: { deposit: '40', epochBlocks: 9, leastBaseFee: '3' },
  })
  assert.deepEqual(ledger.supply, { minted: 1_120n, treasury: 0n, burned: 0n })
  assert.equal(ledger.balance('ada'), 1_000n)
  assert.equal(ledger.balance('op1'), 10n)
  assert.equal(memberOf(ledger.state, named('n2'))?.deposit, 40n)
  assert.deepEqual(ledger.chain, {
    height: 0,
    timeMs: START_MS,
    epoch: 0,
    beacon: firstBeacon(NETWORK),
    lastHeight: 9,
    baseFee: 3n,
  })
  const keys = committeeOf(ledger.state, 0)?.validators.map(({ key }) => Buffer.from(key).toString('hex'))
  assert.deepEqual(keys, [named('n1'), named('n2')].map((key) => Buffer.from(key).toString('hex')).sort())
})

test('the same genesis gives the same root, in whatever order accounts stand', () => {
  const rootOf = (accounts: { account: string; balance: string }[], network = NETWORK) => {
    const registry = new ModuleRegistry(coreModules({ network, ed25519: fakeEd25519 }))
    const layer = openMemoryState(registry.tables).layer()
    applyGenesis({ registry, network }, layer, parseLedgerGenesis({ timeMs: 5, modules: { ...MEMBERS, accounts } }))
    return layer.root()
  }
  const first = { account: ada, balance: '7' }
  const second = { account: accountIdOf(named('ben')), balance: '8' }
  const root = rootOf([first, second])
  assert.deepEqual(rootOf([second, first]), root)
  assert.notDeepEqual(rootOf([first, { ...second, balance: '9' }]), root)
  assert.notDeepEqual(rootOf([first, second], named('elsewhere')), root)
  assert.notDeepEqual(genesisBlock(NETWORK, root).hash, genesisBlock(named('elsewhere'), root).hash)
  assert.equal(genesisBlock(NETWORK, root).slot, -1)
})

test('a genesis that asks for what cannot be is refused', () => {
  const wrong: Record<string, JsonObject> = {
    'unknown module': { ...MEMBERS, weather: {} },
    'no members': { ...MEMBERS, members: [] },
    'a member twice': { ...MEMBERS, members: [founder('n1', 'ada'), founder('n1', 'ben')] },
    'a deposit nobody has': { ...MEMBERS, parameters: { values: { deposit: '1' } } },
    'a release that is none': { ...MEMBERS, members: [{ ...founder('n1', 'ada'), release: 'Ä' }] },
    'an account twice': {
      ...MEMBERS,
      accounts: [
        { account: ada, balance: '1' },
        { account: ada, balance: '1' },
      ],
    },
    'a mistyped account': { ...MEMBERS, accounts: [{ account: `${ada.slice(0, -7)}aaaaaaa`, balance: '1' }] },
    'a negative balance': { ...MEMBERS, accounts: [{ account: ada, balance: '-1' }] },
    'a number as balance': { ...MEMBERS, accounts: [{ account: ada, balance: 1 }] },
    'more than can be': {
      ...MEMBERS,
      accounts: ['a', 'b', 'c'].map((name) => ({ account: accountIdOf(named(name)), balance: '9999999999999999999' })),
    },
    'an unknown parameter': { ...MEMBERS, parameters: { values: { speed: 1 } } },
    'a parameter out of range': { ...MEMBERS, parameters: { values: { deposit: '0', epochBlocks: 1 } } },
    'more signatures than governors': {
      ...MEMBERS,
      parameters: { values: { deposit: '0' }, governors: { needed: 2, keys: [ada] } },
    },
    'something more': { ...MEMBERS, accounts: [{ account: ada, balance: '1', nonce: 5 }] },
  }
  for (const [what, modules] of Object.entries(wrong)) {
    const { apply, code } = asks(modules)
    assert.throws(apply, { code }, what)
  }
  assert.throws(() => parseLedgerGenesis({ timeMs: 1 }), { code: 'LEDGER_GENESIS_INVALID' })
  assert.throws(() => parseLedgerGenesis({ timeMs: 1, modules: {}, more: 1 }), { code: 'LEDGER_GENESIS_INVALID' })
})

test('the governors of genesis have an account of their majority', () => {
  const keys = ['ada', 'ben', 'carol'].map((name) => accountIdOf(named(name)))
  const ledger = new SmallLedger({
    parts: { ...MEMBERS, parameters: { values: { deposit: '0' }, governors: { needed: 2, keys } } },
  })
  const reversed = new SmallLedger({
    parts: { ...MEMBERS, parameters: { values: { deposit: '0' }, governors: { needed: 2, keys: keys.reverse() } } },
  })
  assert.deepEqual(ledger.state.root, reversed.state.root)
  assert.equal(accountOf(ledger.state, named('ada')), undefined)
})
