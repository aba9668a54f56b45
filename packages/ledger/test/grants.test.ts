import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowanceLeft } from '../src/modules/grants/grants-module.ts'
import { ledgerServices } from '../src/modules/service/ledger-service-ports.ts'
import { MoneyWorld, named, operations } from './support/money-world.ts'

const DEPOSIT = 1_000_000n

function invited(parameters = {}): MoneyWorld {
  const world = new MoneyWorld({ parameters: { grantAllowance: 5_000n, grantPpm: 1_000, ...parameters } })
  world.join('node', 'operator', DEPOSIT)
  world.fundTreasury(10_000n)
  return world
}

const grant = (world: MoneyWorld, to: string, amount: bigint, sender = 'operator'): string =>
  world.send(sender, operations.grant, { node: named('node'), to: named(to), amount })

test('an operator gives a newcomer money of the treasury, up to its allowance', () => {
  const world = invited()
  assert.equal(grant(world, 'ada', 600n), 'done')
  assert.equal(world.balance('ada'), 600n)
  assert.equal(world.supply.treasury, 9_400n)
  assert.equal(grant(world, 'ben', 401n), 'LEDGER_ALLOWANCE_SPENT')
  assert.equal(grant(world, 'ben', 400n), 'done')
  assert.equal(allowanceLeft(ledgerServices, { state: world.state, epoch: world.epoch }, named('node')), 0n)
  world.endEpoch()
  assert.equal(grant(world, 'cid', 1_000n), 'done')
  world.checkLayouts()
})

test('an account gets one grant; who is no active member grants none', () => {
  const world = invited()
  assert.equal(grant(world, 'ada', 1n), 'done')
  assert.equal(grant(world, 'ada', 1n), 'LEDGER_GRANTED_BEFORE')
  assert.equal(grant(world, 'ben', 1n, 'thief'), 'LEDGER_NOT_PARTY')
  world.setMember('node', { state: 'leaving' })
  assert.equal(grant(world, 'ben', 1n), 'LEDGER_NO_ACTIVE_MEMBER')
})

test('an empty treasury gives nothing', () => {
  const world = new MoneyWorld({ parameters: { grantAllowance: 5_000n, grantPpm: 1_000 } })
  world.join('node', 'operator', DEPOSIT)
  assert.equal(grant(world, 'ada', 1n), 'LEDGER_FUNDS_SHORT')
})

test('many names of one operator get no more from the treasury than its deposits allow', () => {
  for (const [grantAllowance, least] of [
    [5_000n, 1_000n],
    [300n, 300n],
  ] as const) {
    const world = invited({ grantAllowance })
    for (let epoch = 0; epoch < 3; epoch += 1) {
      for (let name = 0; name < 50; name += 1) grant(world, `sybil ${epoch} ${name}`, 100n)
      world.endEpoch()
    }
    assert.equal(10_000n - world.supply.treasury, 3n * least)
  }
})
