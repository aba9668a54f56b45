import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { compareBytes } from '@borgios/protocol'
import { paidPartsOf } from '../src/modules/earning/earning-view.ts'
import { holdTable } from '../src/modules/escrow/hold.ts'
import { evict } from '../src/modules/leases/lease-book.ts'
import { costOf, paidUntilMs, rateOf } from '../src/modules/leases/lease-price.ts'
import {
  entryTable,
  evictionTable,
  holderTable,
  leaseIdOf,
  leaseTable,
  spanTable,
} from '../src/modules/leases/lease-records.ts'
import { reservationIdOf } from '../src/modules/leases/leases.ts'
import { ledgerTimeMs } from '../src/modules/service/ledger-clock.ts'
import { fullSlice } from './support/full-slice.ts'
import { accept, entriesFor, LEASE, NODES, openBody, opened, owed, PRICE, surplus } from './support/lease-world.ts'
import { DAY_MS, GIB, MoneyWorld, named, operations } from './support/money-world.ts'

const { leaseGraceMs, leaseMarginMs, minLeaseMs, minHoldMs, maxLeaseHolders } = limits.ledgerMoney
const { lease: ops } = operations

test('nodes are paid by byte and time, from when they accept', () => {
  const world = opened()
  assert.equal(world.balance('payer'), 92_800n)
  world.jump(10 * 3_600_000)
  assert.equal(owed(world, 'one'), 0n)
  assert.equal(accept(world, 'one'), 'done')
  assert.equal(accept(world, 'one'), 'LEDGER_NO_ENTRY')
  world.jump(10 * 3_600_000)
  assert.equal(owed(world, 'one'), 100n)
  assert.equal(owed(world, 'two'), 0n)
  assert.deepEqual(
    paidPartsOf(world.state, named('one')).map(({ bytes }) => bytes),
    [GIB],
  )
  assert.deepEqual(paidPartsOf(world.state, named('two')), [])
})

test('its payer may end a lease: what was used is the nodes’, the rest goes back', () => {
  const world = opened()
  for (const node of NODES) assert.equal(accept(world, node), 'done')
  world.jump(DAY_MS)
  assert.equal(world.send('other', ops.end, LEASE), 'LEDGER_NOT_PARTY')
  world.must('payer', ops.end, LEASE)
  assert.equal(world.balance('payer'), 100_000n - 3n * PRICE)
  for (const node of NODES) assert.equal(owed(world, node), PRICE)
  assert.equal([...world.state.list(entryTable)].length, 0)
  assert.equal(surplus(world, [LEASE]), 0n)
  assert.equal(world.send('payer', ops.end, LEASE), 'LEDGER_NO_LEASE')
})

test('a lease that nobody accepts goes back to its payer by itself', () => {
  const world = opened()
  world.jump(leaseGraceMs - 30_000)
  assert.equal(world.balance('payer'), 92_800n)
  world.block(30_000)
  assert.equal(world.balance('payer'), 100_000n)
  assert.equal(world.state.get(leaseTable, LEASE), undefined)
})

test('a lease that runs out stays for its grace, unpaid, and is gone then', () => {
  // Two days for one node, less the margin.
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 480n)
  world.join('one', 'operator')
  world.must('payer', ops.open, openBody(['one'], 480n))
  accept(world, 'one')
  const before = world.state.get(leaseTable, LEASE)
  assert.ok(before !== undefined)
  assert.equal(paidUntilMs(before), ledgerTimeMs(world.state) + 2 * DAY_MS - leaseMarginMs)
  world.jump(2 * DAY_MS - leaseMarginMs)
  assert.equal(world.state.get(leaseTable, LEASE)?.isLapsed, true)
  assert.equal(owed(world, 'one'), 470n)
  assert.deepEqual(paidPartsOf(world.state, named('one')), [])
  world.jump(leaseGraceMs - 30_000)
  assert.equal(owed(world, 'one'), 470n)
  assert.notEqual(world.state.get(leaseTable, LEASE), undefined)
  world.pass(30_000)
  assert.equal(world.state.get(leaseTable, LEASE), undefined)
  assert.equal(world.state.get(entryTable, { holder: named('one'), lease: LEASE }), undefined)
  assert.equal(world.balance('payer'), 10n)
})

test('in its grace a lease can be extended by anybody, at the price of that day', () => {
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 480n)
  world.fund('friend', 10_000n)
  world.join('one', 'operator')
  world.must('payer', ops.open, openBody(['one'], 480n))
  accept(world, 'one')
  world.jump(2 * DAY_MS - leaseMarginMs)
  world.jump(leaseMarginMs)
  world.setParameter('storagePrice', 2n * PRICE)
  const little = costOf(rateOf(GIB, 2n * PRICE), minLeaseMs + leaseMarginMs) - 11n
  assert.equal(world.send('friend', ops.extend, { lease: LEASE, amount: little }), 'LEDGER_BAD_TERMS')
  world.must('friend', ops.extend, { lease: LEASE, amount: 4_800n })
  const earned = owed(world, 'one')
  world.jump(DAY_MS)
  assert.equal(owed(world, 'one') - earned, 2n * PRICE)
  world.must('payer', ops.end, LEASE)
  assert.equal(surplus(world, [LEASE]), 0n)
})

test('who extends a lease that runs pays the new price from then on, not for the past', () => {
  const world = opened()
  accept(world, 'one')
  world.jump(DAY_MS)
  world.setParameter('storagePrice', 3n * PRICE)
  world.must('payer', ops.extend, { lease: LEASE, amount: 1_000n })
  assert.equal(owed(world, 'one'), PRICE)
  world.jump(DAY_MS)
  assert.equal(owed(world, 'one'), 4n * PRICE)
})

test('a lease needs money for its least time, nodes that are members, and an own label', () => {
  const world = opened()
  const cost = costOf(rateOf(3 * GIB, PRICE), minLeaseMs + leaseMarginMs)
  assert.equal(world.send('payer', ops.open, openBody(NODES, cost - 1n, 'two')), 'LEDGER_BAD_TERMS')
  assert.equal(world.send('payer', ops.open, openBody(NODES, cost, 'two')), 'done')
  assert.equal(world.send('payer', ops.open, openBody(NODES, cost, 'two')), 'LEDGER_LEASE_EXISTS')
  assert.equal(world.send('payer', ops.open, openBody(['x'], cost, 'three')), 'LEDGER_NO_ACTIVE_MEMBER')
  assert.equal(world.send('payer', ops.open, openBody([], cost, 'three')), 'LEDGER_BAD_TERMS')
  assert.equal(world.send('poor', ops.open, openBody(NODES, cost, 'three')), 'LEDGER_FUNDS_SHORT')
  assert.equal(world.send('two', ops.accept, { node: named('one'), leases: [LEASE] }), 'LEDGER_NOT_PARTY')
  assert.equal(maxLeaseHolders < 256, true)
})

test('a put sets aside first; the lease takes its part and the rest goes back', () => {
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 10_000n)
  world.join('one', 'operator')
  const reserve = { label: named('file'), bytes: GIB, forMs: 10 * DAY_MS, mostAmount: 2_400n, lifeMs: minHoldMs }
  assert.equal(world.send('payer', ops.reserve, { ...reserve, mostAmount: 2_399n }), 'LEDGER_PRICE_ABOVE')
  world.must('payer', ops.reserve, reserve)
  assert.equal(world.balance('payer'), 7_600n)
  const id = reservationIdOf(named('payer'), named('file'))
  assert.equal(world.state.get(holdTable, id)?.left, 2_400n)
  const open = { ...openBody(['one'], 2_401n), isReserved: true }
  assert.equal(world.send('payer', ops.open, open), 'LEDGER_ABOVE_HOLD')
  assert.equal(world.state.get(holdTable, id)?.left, 2_400n)
  world.must('payer', ops.open, { ...open, amount: 1_000n })
  assert.equal(world.balance('payer'), 9_000n)
  assert.equal(world.state.get(holdTable, id), undefined)
})

test('a put that fails, or whose process died, gets all back', () => {
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 10_000n)
  world.join('one', 'operator')
  const reserve = { label: named('file'), bytes: GIB, forMs: 10 * DAY_MS, mostAmount: 2_400n, lifeMs: minHoldMs }
  world.must('payer', ops.reserve, reserve)
  assert.equal(world.send('other', ops.cancel, named('file')), 'LEDGER_NO_HOLD')
  world.must('payer', ops.cancel, named('file'))
  assert.equal(world.balance('payer'), 10_000n)
  assert.equal(world.send('payer', ops.cancel, named('file')), 'LEDGER_NO_HOLD')
  world.must('payer', ops.reserve, reserve)
  world.pass(minHoldMs)
  assert.equal(world.balance('payer'), 10_000n)
  const late = { ...openBody(['one'], 1_000n), isReserved: true }
  assert.equal(world.send('payer', ops.open, late), 'LEDGER_NO_HOLD')
})

test('a node that gives a part up loses what that has earned since it was last paid', () => {
  const world = opened()
  accept(world, 'one')
  world.jump(DAY_MS)
  const { treasury } = world.supply
  world.must(named('one'), ops.release, { node: named('one'), leases: [LEASE] })
  assert.equal(owed(world, 'one'), 0n)
  assert.equal(world.supply.treasury - treasury, PRICE)
  assert.equal(world.state.get(leaseTable, LEASE)?.holders.length, 2)
  assert.equal(surplus(world, [LEASE]), 0n)
})

test('it loses that also where the time went over the end of an epoch', () => {
  const world = opened()
  accept(world, 'one')
  accept(world, 'two')
  world.jump(DAY_MS)
  world.endEpoch()
  world.jump(DAY_MS)
  const { treasury } = world.supply
  world.must(named('one'), ops.release, { node: named('one'), leases: [LEASE] })
  const { due, value } = world.state.get(holderTable, named('one')) ?? {}
  assert.deepEqual([due, value], [0n, 0n])
  assert.equal(world.supply.treasury - treasury, 2n * PRICE)
  assert.equal(owed(world, 'two'), 2n * PRICE)
})

test('a payer may dismiss a node, which keeps what it earned, and assign another', () => {
  const world = opened()
  world.join('four', 'operator of four')
  accept(world, 'one')
  world.jump(DAY_MS)
  world.must('payer', ops.dismiss, { lease: LEASE, nodes: [named('one')] })
  assert.equal(owed(world, 'one'), PRICE)
  assert.equal(world.send('payer', ops.dismiss, { lease: LEASE, nodes: [named('one')] }), 'LEDGER_NO_ENTRY')
  assert.equal(world.send('two', ops.assign, { lease: LEASE, entries: entriesFor(['four']) }), 'LEDGER_NOT_PARTY')
  world.must('payer', ops.assign, { lease: LEASE, entries: entriesFor(['four']) })
  assert.equal(world.send('payer', ops.assign, { lease: LEASE, entries: entriesFor(['four']) }), 'LEDGER_BAD_TERMS')
  assert.equal(accept(world, 'four'), 'done')
  world.jump(DAY_MS)
  assert.equal(owed(world, 'four'), PRICE)
})

test('parts of a node that is out end, however many', () => {
  const world = opened(7_200n)
  const count = limits.ledgerMoney.evictedPerBlock + 5
  const labels = Array.from({ length: count }, (_, index) => `file ${index}`)
  world.fund('payer', 300_000n)
  for (const label of labels) world.must('payer', ops.open, openBody(['one'], 250n, label))
  evict(world.state, named('one'))
  world.block()
  assert.equal(paidEntries(world), 6)
  world.block()
  assert.equal(paidEntries(world), 0)
  assert.equal([...world.state.list(evictionTable)].length, 0)
})

const paidEntries = (world: MoneyWorld): number =>
  [...world.state.list(entryTable)].filter(([{ holder }]) => compareBytes(holder, named('one')) === 0).length

test('spans are forgotten when nothing can be told by them any more', () => {
  const world = opened()
  accept(world, 'one')
  world.pass(3_600_000)
  world.must('payer', ops.dismiss, { lease: LEASE, nodes: [named('one')] })
  assert.equal([...world.state.list(spanTable)].length, 1)
  world.jump(limits.ledgerMoney.spanMemoryMs + 1)
  assert.equal([...world.state.list(spanTable)].length, 0)
})

test('whatever happens, the pool has what it owes, and less than a micro-unit a charge beside', () => {
  for (let seed = 1; seed <= (fullSlice ? 200 : 25); seed += 1) {
    const random = new SeededRandom(seed)
    const world = new MoneyWorld({ parameters: { storagePrice: BigInt(1 + random.below(1_000_000)) }, seed })
    const nodes = Array.from({ length: 6 }, (_, index) => `node ${index}`)
    for (const node of nodes) world.join(node, `operator of ${node}`)
    world.fund('payer', 2n ** 60n)
    const labels = Array.from({ length: 8 }, (_, index) => `file ${index}`)
    const leases = labels.map((label) => leaseIdOf(named('payer'), named(label)))
    const some = () => nodes.filter(() => random.chance(0.4))
    const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item
    let steps = 0
    const acts: readonly (() => void)[] = [
      () => {
        const entries = entriesFor(some(), 1 + random.below(2 ** 32))
        const amount = BigInt(1 + random.below(2 ** 31)) ** 2n
        world.send('payer', ops.open, { ...openBody([], amount, pick(labels)), entries })
      },
      () => {
        const node = pick(nodes)
        world.send(named(node), ops.accept, { node: named(node), leases: leases.toSorted(compareBytes) })
      },
      () => {
        const node = pick(nodes)
        world.send(named(node), ops.release, { node: named(node), leases: [pick(leases)] })
      },
      () => world.send('payer', ops.extend, { lease: pick(leases), amount: BigInt(random.below(2 ** 31)) }),
      () => world.send('payer', ops.end, pick(leases)),
      () =>
        world.send('payer', ops.assign, { lease: pick(leases), entries: entriesFor(some(), random.below(2 ** 30)) }),
      () => world.setParameter('storagePrice', BigInt(1 + random.below(1_000_000))),
      () => world.jump(1 + random.below(leaseMarginMs - 120_000)),
      () => evict(world.state, named(pick(nodes))),
      () => {
        for (const node of some()) world.report(node, (_node, samples) => samples - random.below(3))
        world.endEpoch()
      },
    ]
    for (; steps < 120; steps += 1) {
      pick(acts)()
      world.block(1 + random.below(60_000))
      const left = surplus(world, leases)
      assert.ok(left >= 0n, `seed ${seed}, step ${steps}: the pool lacks ${-left}`)
      assert.ok(left <= BigInt(20 * (steps + 1)), `seed ${seed}, step ${steps}: ${left} are nobody's`)
    }
    world.checkLayouts()
  }
})
