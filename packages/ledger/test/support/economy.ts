import { assert } from '@borgios/core'
import { compareBytes } from '@borgios/protocol'
import { charged } from '../../src/modules/leases/lease-price.ts'
import { leaseIdOf, leaseTable } from '../../src/modules/leases/lease-records.ts'
import { memberOf } from '../../src/modules/members/member.ts'
import type { ParameterName } from '../../src/modules/parameters/parameters.ts'
import { ledgerTimeMs } from '../../src/modules/service/ledger-clock.ts'
import { DAY_MS, GIB, MoneyWorld, named, operations } from './money-world.ts'

/** What one operator, by one node or many, does. Everybody else is honest. */
export interface Strategy {
  /** Of what strangers pay it to keep, what it does keep: 0 to 1. */
  readonly kept: number
  /** GiB on each of its nodes that it leases to itself, and need not keep since it can make them anew. */
  readonly ownGib: number
  /** What its auditors say of its own nodes, and of others: `pass`, `fail`, the truth, or nothing at all. */
  readonly ofOwn: 'truth' | 'pass'
  readonly ofOthers: 'truth' | 'pass' | 'fail' | 'nothing'
  /** Whether its nodes look as if each had an operator of its own. */
  readonly isSybil: boolean
}

export const HONEST: Strategy = { kept: 1, ownGib: 0, ofOwn: 'truth', ofOthers: 'truth', isSybil: true }

export interface Economy {
  readonly seed: number
  readonly nodes: number
  /** Of these, the one operator's. */
  readonly own: number
  readonly epochs: number
  readonly remaining: bigint
  readonly parameters?: Partial<Record<ParameterName, bigint | number>>
}

export interface Outcome {
  /** What the one operator has more than in the beginning, less what keeping bytes cost it. Micro-units. */
  readonly profit: bigint
  /** Its nodes, and others', that lost their deposits. */
  readonly slashedOwn: number
  readonly slashedOthers: number
}

const PRICE = 1_000_000n
/** What keeping a GiB for a day costs a node. */
const COST = 300_000n
const HOLDERS = 5
const USERS_GIB = 10
const MALLORY = 'mallory'

/** Some epochs of a day each: strangers lease space on random nodes, one operator follows its strategy. */
export function runEconomy(economy: Economy, strategy: Strategy): Outcome {
  const { seed, nodes, own, epochs, remaining, parameters = {} } = economy
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE, ...parameters }, remaining, seed })
  const names = Array.from({ length: nodes }, (_, index) => `node ${index}`)
  const isOwn = (name: string): boolean => names.indexOf(name) < own
  const operatorOf = (name: string): string =>
    isOwn(name) ? (strategy.isSybil ? `${MALLORY}'s ${name}` : MALLORY) : `operator of ${name}`
  for (const name of names) world.join(name, operatorOf(name))
  world.fund('users', 10n ** 15n)
  world.fund(MALLORY, 10n ** 15n)

  const wealth = (): bigint => {
    const accounts = new Set([MALLORY, ...names.filter(isOwn).map(operatorOf)])
    let sum = 0n
    for (const account of accounts) sum += world.balance(account)
    for (const name of names.filter(isOwn)) sum += memberOf(world.state, named(name))?.deposit ?? 0n
    for (const name of names.filter(isOwn)) {
      const lease = world.state.get(leaseTable, leaseIdOf(named(MALLORY), named(`own ${name}`)))
      if (lease !== undefined) sum += charged(lease, ledgerTimeMs(world.state)).balance
    }
    return sum
  }
  const before = wealth()

  // The demand is the same whatever the strategy: it is drawn first.
  const usersGib = new Map(names.map((name) => [name, 0]))
  const gibOf = (name: string): number => usersGib.get(name) ?? 0
  for (let index = 0; index < nodes * 2; index += 1) {
    const chosen = new Set<string>()
    while (chosen.size < HOLDERS) chosen.add(names[world.random.below(nodes)] ?? '')
    lease(world, 'users', `file ${index}`, [...chosen], USERS_GIB)
    for (const name of chosen) usersGib.set(name, gibOf(name) + USERS_GIB)
  }
  // One for each of its nodes: a lease has at most 16 TiB.
  if (strategy.ownGib > 0) {
    for (const name of names.filter(isOwn)) lease(world, MALLORY, `own ${name}`, [name], strategy.ownGib)
  }
  world.endEpoch()

  const nameOf = new Map(names.map((name) => [Buffer.from(named(name)).toString('hex'), name]))
  const keptPpm = BigInt(Math.round(strategy.kept * 1_000_000))
  let cost = 0n
  // Each day is judged by the audits of the next; the last one by those of an epoch in which no time passes.
  for (let epoch = 0; epoch <= epochs; epoch += 1) {
    if (epoch < epochs) {
      for (const name of names.filter(isOwn)) cost += (BigInt(gibOf(name)) * COST * keptPpm) / 1_000_000n
      world.jump(DAY_MS)
    }
    for (const auditor of names) {
      if (memberOf(world.state, named(auditor))?.state !== 'active') continue
      if (isOwn(auditor) && strategy.ofOthers === 'nothing') continue
      world.report(auditor, (node, samples) => {
        const name = nameOf.get(Buffer.from(node).toString('hex'))
        assert(name !== undefined, 'only nodes are audited')
        const said = isOwn(auditor) ? (isOwn(name) ? strategy.ofOwn : strategy.ofOthers) : 'truth'
        if (said === 'pass') return samples
        if (said === 'fail') return 0
        return isOwn(name) ? shown(world, samples, strategy, gibOf(name)) : samples
      })
    }
    world.endEpoch()
    world.block()
  }
  const slashed = names.filter((name) => memberOf(world.state, named(name))?.state === 'slashed')
  const slashedOwn = slashed.filter(isOwn).length
  return { profit: wealth() - before - cost, slashedOwn, slashedOthers: slashed.length - slashedOwn }
}

/** Leaves that a node can show which keeps a part of what strangers lease, and can make its own anew. */
function shown(world: MoneyWorld, samples: number, { kept, ownGib }: Strategy, usersGib: number): number {
  const share = usersGib + ownGib === 0 ? 1 : (kept * usersGib + ownGib) / (usersGib + ownGib)
  let passes = 0
  for (let index = 0; index < samples; index += 1) if (world.random.chance(share)) passes += 1
  return passes
}

function lease(world: MoneyWorld, payer: string, label: string, nodes: readonly string[], gib: number): void {
  const entries = nodes
    .map((node) => ({ holder: named(node), bytes: gib * GIB, shards: 1, list: named(node) }))
    .sort((left, right) => compareBytes(left.holder, right.holder))
  const amount = PRICE * BigInt(gib * nodes.length * 400)
  const body = { label: named(label), isReserved: false, data: 3, parity: 2, amount, entries }
  world.must(payer, operations.lease.open, body)
  const id = leaseIdOf(named(payer), named(label))
  for (const node of nodes) {
    world.must(named(node), operations.lease.accept, { node: named(node), leases: [id] })
  }
}
