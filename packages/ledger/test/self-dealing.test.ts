import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Economy, HONEST, runEconomy, type Strategy } from './support/economy.ts'
import { fullSlice } from './support/full-slice.ts'

const SEEDS = fullSlice ? 3 : 1
const EPOCHS = fullSlice ? 12 : 8

/** Emission that demand bounds, and emission that what is left bounds. */
const PLENTY = 10n ** 18n
const SCARCE = 10n ** 11n

interface Case {
  readonly name: string
  readonly strategy: Partial<Strategy>
  /** Own nodes of twenty, up to which it does not pay. */
  readonly own: readonly number[]
}

const CASES: readonly Case[] = [
  { name: 'leases space to itself', strategy: { ownGib: 50 }, own: [1, 5, 10, 18] },
  { name: 'leases space to itself, as one operator', strategy: { ownGib: 50, isSybil: false }, own: [1, 5, 10, 18] },
  { name: 'leases to itself to hide what it dropped', strategy: { kept: 0, ownGib: 400 }, own: [1, 5] },
  { name: 'drops everything, its auditors vouch for it', strategy: { kept: 0, ofOwn: 'pass' }, own: [2, 4, 6] },
  { name: 'drops a third, its auditors vouch for it', strategy: { kept: 0.67, ofOwn: 'pass' }, own: [2, 4, 6] },
  { name: 'drops too little to fail', strategy: { kept: 0.97, ofOwn: 'pass' }, own: [2, 4, 6] },
  { name: 'drops what most auditors do not happen to see', strategy: { kept: 0.99, ofOwn: 'pass' }, own: [1, 4, 6] },
  { name: 'drops still less', strategy: { kept: 0.995, ofOwn: 'pass' }, own: [1, 4, 6] },
  // A hundred times what strangers lease there, in three operators or more: then the mint gives back all that is burned.
  { name: 'hides what it dropped behind leaves it can make', strategy: { kept: 0, ownGib: 10_000 }, own: [4, 6] },
  { name: 'vouches for everybody without a look', strategy: { kept: 0, ofOwn: 'pass', ofOthers: 'pass' }, own: [2, 4] },
  { name: 'slanders all others', strategy: { ofOthers: 'fail' }, own: [2, 4, 6] },
  { name: 'does not audit', strategy: { ofOthers: 'nothing' }, own: [2, 4, 6] },
  { name: 'has one operator instead of many', strategy: { isSybil: false }, own: [2, 4] },
]

const economy = (seed: number, own: number, remaining: bigint): Economy => ({
  seed,
  nodes: 20,
  own,
  epochs: EPOCHS,
  remaining,
})

const honestProfits = new Map<string, bigint>()

/** What the same nodes have when all are honest. */
function honestProfit(world: Economy): bigint {
  const key = `${world.seed} ${world.own} ${world.remaining}`
  const profit = honestProfits.get(key) ?? runEconomy(world, HONEST).profit
  honestProfits.set(key, profit)
  return profit
}

for (const { name, strategy, own } of CASES) {
  test(`it does not pay: an operator that ${name}`, () => {
    for (const count of own) {
      for (const remaining of [PLENTY, SCARCE]) {
        for (let seed = 1; seed <= SEEDS; seed += 1) {
          const world = economy(seed, count, remaining)
          const honest = honestProfit(world)
          const { profit } = runEconomy(world, { ...HONEST, ...strategy })
          const gain = profit - honest
          assert.ok(
            gain <= 0n,
            `seed ${seed}: ${gain} micro-units more with ${count} of 20 nodes, ${remaining} to mint`,
          )
        }
      }
    }
  })
}

test('a subsidy above the burned share would make it pay, so the rule does not allow one', () => {
  // Not blind: were the subsidy not bounded by what is burned, leasing to oneself would earn.
  const world = {
    ...economy(1, 5, PLENTY),
    parameters: { serviceBurnPpm: 0, subsidyPpm: 300_000, operatorCapPpm: 1_000_000 },
  }
  const honest = runEconomy(world, HONEST).profit
  assert.ok(runEconomy(world, { ...HONEST, ownGib: 50 }).profit <= honest)
})

test('with most of all members false it does pay: the bound is real, and the simulation not blind', () => {
  const world = economy(1, 16, PLENTY)
  const honest = runEconomy(world, HONEST).profit
  assert.ok(runEconomy(world, { ...HONEST, kept: 0, ofOwn: 'pass' }).profit > honest)
})

test('false auditors that are a fifth of all members cost no honest node its deposit', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { slashedOthers } = runEconomy(economy(seed, 4, PLENTY), { ...HONEST, ofOthers: 'fail' })
    assert.equal(slashedOthers, 0, `seed ${seed}`)
  }
})

test('nodes that keep nothing lose their deposits, whatever a few auditors say', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { slashedOwn } = runEconomy(economy(seed, 3, PLENTY), { ...HONEST, kept: 0, ofOwn: 'pass' })
    assert.equal(slashedOwn, 3, `seed ${seed}`)
  }
})
