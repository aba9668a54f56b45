import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '@borgios/protocol'
import { auditSeedOf, drawParts } from '../src/modules/earning/audit-draw.ts'
import { auditTable, emissionTable, payoutTable, strikeTable } from '../src/modules/earning/earning-records.ts'
import { earningsOf, paidPartsOf } from '../src/modules/earning/earning-view.ts'
import { emissionOf } from '../src/modules/earning/emission.ts'
import { entryTable, holderTable, leaseIdOf, leaseTable, poolTable } from '../src/modules/leases/lease-records.ts'
import { DAY_MS, GIB, MoneyWorld, named, operations } from './support/money-world.ts'

const { lease: ops } = operations
const PRICE = 1_000n
const PARAMETERS = { storagePrice: PRICE, serviceBurnPpm: 100_000, subsidyPpm: 100_000, emissionShift: 4 }
const nodesOf = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `node ${at}`)
const allShown = (_node: Uint8Array, samples: number): number => samples

function accepted(world: MoneyWorld, label: string, nodes: readonly string[], bytes = GIB): Uint8Array {
  const entries = nodes
    .map((node) => ({ holder: named(node), bytes, shards: 1, list: named(node) }))
    .sort((left, right) => compareBytes(left.holder, right.holder))
  world.must('payer', ops.open, {
    label: named(label),
    isReserved: false,
    data: 3,
    parity: 2,
    amount: 100_000n,
    entries,
  })
  const lease = leaseIdOf(named('payer'), named(label))
  for (const node of nodes) world.must(named(node), ops.accept, { node: named(node), leases: [lease] })
  return lease
}

/** A GiB on each of so many nodes for a day; the first epoch, in which nobody could be drawn, is over. */
function serving(count: number, operatorOf = (node: string): string => `operator of ${node}`, parameters = {}) {
  const world = new MoneyWorld({ parameters: { ...PARAMETERS, ...parameters }, remaining: 10n ** 12n })
  world.fund('payer', 10n ** 12n)
  for (const node of nodesOf(count)) world.join(node, operatorOf(node))
  const lease = accepted(world, 'file', nodesOf(count))
  world.jump(DAY_MS)
  world.endEpoch()
  return { world, lease }
}

const auditorsOf = (world: MoneyWorld, node: string): readonly Uint8Array[] =>
  world.state.get(auditTable, named(node))?.reports.map(({ auditor }) => auditor) ?? []
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const report = (world: MoneyWorld, nodes: readonly string[], passesOf = allShown): void => {
  for (const auditor of nodes) world.report(auditor, passesOf)
}
const income = (world: MoneyWorld, node: string): bigint => world.balance(`operator of ${node}`)

test('of few nodes each is audited by all others, and one alone by nobody', () => {
  for (const count of [1, 2, 4, 5, 10]) {
    const { world } = serving(count)
    for (const node of nodesOf(count)) {
      const others = nodesOf(count)
        .filter((other) => other !== node)
        .map(named)
      assert.deepEqual(auditorsOf(world, node).map(hex).sort(), others.map(hex).sort(), `${count} nodes`)
    }
  }
})

test('nodes of one operator audit none of each other: it is not paid until there is a second one, and then for all', () => {
  const { world } = serving(3, () => 'one operator')
  world.jump(DAY_MS)
  report(world, nodesOf(3))
  world.endEpoch()
  assert.equal(world.balance('one operator'), 0n)
  world.join('late', 'second operator')
  world.endEpoch()
  world.jump(DAY_MS)
  report(world, ['late'])
  world.endEpoch()
  // Two days of three GiB, a tenth burned; emission up to a third for one operator.
  assert.equal(world.balance('one operator'), 6n * PRICE - 600n + 204n)
})

test('half of the auditors away: no verdict, nothing lost; one fewer away: paid', () => {
  for (const [reporting, isPaid] of [
    [2, false],
    [3, true],
  ] as const) {
    const { world } = serving(5)
    world.jump(DAY_MS)
    const auditors = nodesOf(5).slice(1)
    report(world, auditors.slice(0, reporting))
    world.endEpoch()
    assert.equal(income(world, 'node 0') > 0n, isPaid, `${reporting} of 4`)
    assert.equal(world.state.get(strikeTable, named('node 0')), undefined)
    assert.notEqual(world.state.get(holderTable, named('node 0')), undefined)
  }
})

test('a node that joins in the middle of an epoch is audited in the next, and paid then for the first', () => {
  const { world } = serving(4)
  world.join('late', 'operator of late')
  accepted(world, 'second file', ['late'])
  world.jump(DAY_MS)
  assert.deepEqual(auditorsOf(world, 'late'), [])
  report(world, nodesOf(4))
  world.endEpoch()
  assert.equal(income(world, 'late'), 0n)
  assert.equal(auditorsOf(world, 'late').length, 4)
  world.jump(DAY_MS)
  report(world, [...nodesOf(4), 'late'])
  world.endEpoch()
  assert.equal(income(world, 'late'), PRICE)
  report(world, [...nodesOf(4), 'late'])
  world.endEpoch()
  assert.equal(income(world, 'late'), 2n * PRICE)
})

test('a lease that its payer ends in the middle of an epoch is paid for until then, and nothing is due afterwards', () => {
  const { world, lease } = serving(5)
  world.jump(DAY_MS / 2)
  world.must('payer', ops.end, lease)
  world.jump(DAY_MS / 2)
  report(world, nodesOf(5))
  world.endEpoch()
  for (const node of nodesOf(5)) assert.equal(income(world, node), PRICE)
  assert.deepEqual(paidPartsOf(world.state, named('node 0')), [])
  world.jump(DAY_MS)
  report(world, nodesOf(5))
  world.endEpoch()
  for (const node of nodesOf(5)) assert.equal(income(world, node), (3n * PRICE) / 2n)
  assert.equal(world.state.get(holderTable, named('node 0')), undefined)
  assert.equal(world.state.get(poolTable, true), 0n)
})

test('a file that is never renewed: nobody is paid or audited for it in its grace, and then nothing of it is left', () => {
  const { world, lease } = serving(4)
  // Some 25 days' money.
  for (let day = 0; day < 23; day += 1) {
    world.jump(DAY_MS)
    report(world, nodesOf(4))
    world.endEpoch()
  }
  assert.equal(world.state.get(leaseTable, lease)?.isLapsed, false)
  world.jump(DAY_MS)
  assert.equal(world.state.get(leaseTable, lease)?.isLapsed, true)
  for (let epoch = 0; epoch < 2; epoch += 1) {
    report(world, nodesOf(4))
    world.endEpoch()
  }
  const paid = nodesOf(4).map((node) => income(world, node))
  for (let day = 0; day < 8; day += 1) {
    assert.deepEqual(paidPartsOf(world.state, named('node 0')), [])
    world.jump(DAY_MS)
    report(world, nodesOf(4))
    world.endEpoch()
  }
  assert.deepEqual(
    nodesOf(4).map((node) => income(world, node)),
    paid,
  )
  assert.equal(world.state.get(leaseTable, lease), undefined)
  assert.equal([...world.state.list(entryTable)].length, 0)
})

test('auditors below half mint nothing for themselves or a friend, and take nothing from others', () => {
  const { world } = serving(10, undefined, { operatorCapPpm: 1_000_000 })
  const liars = nodesOf(4)
  world.jump(DAY_MS)
  // They vouch for the first of them, which shows nothing, and slander all others.
  const isOwn = (node: Uint8Array): boolean => liars.some((liar) => compareBytes(named(liar), node) === 0)
  report(world, liars, (node, samples) => (isOwn(node) ? samples : 0))
  report(world, nodesOf(10).slice(4), (node, samples) => (compareBytes(node, named('node 0')) === 0 ? 0 : samples))
  const { minted } = world.supply
  world.endEpoch()
  assert.equal(income(world, 'node 0'), 0n)
  // For what they keep they are paid, and nothing is minted for them.
  for (const liar of liars.slice(1)) assert.equal(income(world, liar), (PRICE * 9n) / 10n)
  const honest = nodesOf(10).slice(4)
  for (const node of honest) assert.ok(income(world, node) >= PRICE)
  const rewards = honest.map((node) => income(world, node) - (PRICE * 9n) / 10n)
  const toTreasury = world.supply.minted - minted - rewards.reduce((sum, one) => sum + one, 0n)
  assert.ok(toTreasury >= 0n && toTreasury < 10n)
  for (const node of honest) assert.equal(world.state.get(strikeTable, named(node)), undefined)
})

test('an epoch without any storage mints nothing and pays nobody', () => {
  const world = new MoneyWorld({ parameters: PARAMETERS, remaining: 10n ** 12n })
  for (const node of nodesOf(5)) world.join(node, `operator of ${node}`)
  const before = world.supply
  for (let epoch = 0; epoch < 3; epoch += 1) {
    world.jump(DAY_MS)
    world.endEpoch()
  }
  assert.deepEqual(world.supply, before)
  assert.equal([...world.state.list(payoutTable)].length, 0)
  assert.equal(world.state.get(emissionTable, true), 10n ** 12n)
})

test('what an epoch mints is the sum of its lines and of what goes to the treasury, micro-unit by micro-unit', () => {
  for (const remaining of [0n, 15n, 16n, 1_600n, 7n * 16n + 3n, 10n ** 12n]) {
    const world = new MoneyWorld({ parameters: { ...PARAMETERS, storagePrice: 997n }, remaining })
    world.fund('payer', 10n ** 12n)
    for (const node of nodesOf(5)) world.join(node, `operator of ${node}`)
    for (const [at, node] of nodesOf(5).entries()) accepted(world, `file ${at}`, [node], GIB * (at + 1) + at)
    world.jump(DAY_MS + 7)
    world.endEpoch()
    report(world, nodesOf(5))
    const before = world.supply
    world.endEpoch()
    const emitted = nodesOf(5).flatMap((node) => earningsOf(world.state, 1, named(node)).lines)
    const lines = emitted.filter(({ kind }) => kind === 'emission').reduce((sum, { amount }) => sum + amount, 0n)
    const minted = world.supply.minted - before.minted
    const payouts = [...world.state.list(payoutTable)].map(([, payout]) => payout)
    const earned = payouts.reduce((sum, payout) => sum + payout.earned, 0n)
    assert.equal(
      lines,
      payouts.reduce((sum, payout) => sum + payout.minted, 0n),
    )
    assert.ok(minted - lines >= 0n && minted - lines < 5n, `${minted} minted, ${lines} told`)
    assert.equal(remaining - (world.state.get(emissionTable, true) ?? 0n), minted)
    // By the formula: at most a sixteenth of what is left, at most a tenth of what was earned.
    const pot = remaining / 16n < earned / 10n ? remaining / 16n : earned / 10n
    assert.ok(minted <= pot && minted >= (pot * 9n) / 10n - 5n, `${minted} of ${pot}`)
  }
})

test('one operator alone is minted no more than its cap, and the rest is minted to nobody', () => {
  const share = { node: named('node'), operator: named('operator'), weight: 10_000n }
  const rule = { remaining: 10n ** 12n, shift: 4, subsidyPpm: 100_000n, operatorCapPpm: 340_000n }
  assert.deepEqual(emissionOf([share], rule), { pot: 1_000n, rewards: [340n], dust: 0n, minted: 340n })
  const other = { ...share, node: named('other') }
  assert.deepEqual(emissionOf([share, other], rule), { pot: 2_000n, rewards: [340n, 340n], dust: 0n, minted: 680n })
})

test('work is minted for by the same rule, and for nothing while its weight is zero', () => {
  for (const [computeWeightPpm, reward] of [
    [0, 0n],
    [500_000, 50n],
  ] as const) {
    const parameters = { ...PARAMETERS, cpuPrice: 100n, memoryPrice: 0n, computeWeightPpm, operatorCapPpm: 1_000_000 }
    const world = new MoneyWorld({ parameters, remaining: 10n ** 12n })
    world.fund('payer', 10n ** 6n)
    world.join('node 0', 'operator of node 0')
    const job = named('job').subarray(0, 16)
    const most = { cpuMs: 10_000, mibMs: 0 }
    const body = { job, node: named('node 0'), most, mostAmount: 10_000n, lifeMs: 600_000 }
    world.must('payer', operations.job.hold, body)
    const bill = { payer: named('payer'), job, node: named('node 0'), reading: most }
    world.must('payer', operations.job.countersign, bill)
    assert.equal(income(world, 'node 0'), 900n)
    world.endEpoch()
    assert.equal(income(world, 'node 0'), 900n + reward)
    world.endEpoch()
    assert.equal(income(world, 'node 0'), 900n + reward)
  }
})

test('the draw of parts is the same for ever: anybody can say afterwards what an auditor had to ask for', () => {
  // Worked out by another program from the rule in words.
  const parts = [7, 1_000_000, 3_000_000, 64].map((bytes) => ({ bytes }))
  const drawn = drawParts(auditSeedOf(named('beacon'), named('auditor')), named('node'), parts, 34)
  assert.deepEqual(
    parts.map((part) => drawn.get(part) ?? 0),
    [0, 11, 23, 0],
  )
})
