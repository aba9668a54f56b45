import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { holderTable, leaseIdOf, leaseTable } from '../src/modules/leases/lease-records.ts'
import { ledgerTimeMs } from '../src/modules/service/ledger-clock.ts'
import { accept, entriesFor, LEASE, NODES, openBody, opened, owed, PRICE, surplus } from './support/lease-world.ts'
import { DAY_MS, GIB, MoneyWorld, named, operations } from './support/money-world.ts'

const { lease: ops } = operations

test('leases that run out together draw on nobody else’s money: the clock waits until a block has come to each', () => {
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 10n ** 9n)
  world.join('one', 'operator')
  const labels = Array.from({ length: 2 * limits.ledgerMoney.duePerBlock + 5 }, (_, index) => `file ${index}`)
  const leases = labels.map((label) => leaseIdOf(named('payer'), named(label)))
  for (const [index, label] of labels.entries()) {
    world.must('payer', ops.open, openBody(['one'], 480n, label))
    assert.equal(accept(world, 'one', leases[index]), 'done')
  }
  const left = (): number => leases.filter((id) => world.state.get(leaseTable, id)?.isLapsed === false).length
  const emptyMs = ledgerTimeMs(world.state) + 2 * DAY_MS
  world.jump(2 * DAY_MS - 10_000)
  for (let block = 1; block <= 2; block += 1) {
    assert.equal(left(), labels.length - block * limits.ledgerMoney.duePerBlock)
    world.block(30_000)
    assert.equal(ledgerTimeMs(world.state), emptyMs)
  }
  assert.equal(left(), 0)
  assert.ok(owed(world, 'one') <= 480n * BigInt(labels.length))
  assert.ok(surplus(world, leases) >= 0n)
  world.block(30_000)
  assert.equal(ledgerTimeMs(world.state), emptyMs + 30_000)
})

test('bytes of a part, of a lease and of a node have their bounds, to the byte', () => {
  const { maxLeaseBytes, maxHolderBytes } = limits.ledgerMoney
  const world = new MoneyWorld({ parameters: { storagePrice: 1n } })
  world.fund('payer', 10n ** 15n)
  for (const node of NODES) world.join(node, `operator of ${node}`)
  const open = (label: string, nodes: readonly string[], bytes: number): string =>
    world.send('payer', ops.open, { ...openBody([], 10n ** 7n, label), entries: entriesFor(nodes, bytes) })
  const idOf = (label: string): Uint8Array => leaseIdOf(named('payer'), named(label))
  assert.equal(open('large part', ['one'], maxLeaseBytes + 1), 'LEDGER_BAD_TERMS')
  assert.equal(open('large sum', ['one', 'two'], maxLeaseBytes / 2 + 1), 'LEDGER_BAD_TERMS')
  assert.equal(open('no bytes', ['one'], 0), 'LEDGER_BAD_TERMS')
  assert.equal(open('full', ['one'], maxLeaseBytes), 'done')
  assert.equal(accept(world, 'one', idOf('full')), 'done')
  // What is not accepted yet counts when it is: proposals of many may be more than all of them together may accept.
  assert.equal(open('half', ['one', 'two'], maxLeaseBytes / 2), 'done')
  assert.equal(accept(world, 'one', idOf('half')), 'done')
  const more = { lease: idOf('half'), entries: entriesFor(['three'], maxLeaseBytes / 2) }
  assert.equal(world.send('payer', ops.assign, more), 'done')
  assert.equal(accept(world, 'two', idOf('half')), 'done')
  assert.equal(accept(world, 'three', idOf('half')), 'LEDGER_NO_ENTRY')
  world.must('payer', ops.dismiss, { lease: idOf('half'), nodes: [named('two')] })
  assert.equal(accept(world, 'three', idOf('half')), 'done')
  // Of the node: as if it kept many leases already.
  const holder = world.state.get(holderTable, named('one')) ?? assert.fail()
  assert.equal(open('last', ['one'], 2), 'done')
  world.state.set(holderTable, named('one'), { ...holder, bytes: maxHolderBytes - 1 })
  assert.equal(accept(world, 'one', idOf('last')), 'LEDGER_NO_ENTRY')
  world.state.set(holderTable, named('one'), { ...holder, bytes: maxHolderBytes - 2 })
  assert.equal(accept(world, 'one', idOf('last')), 'done')
})

test('a lease that had run out lives again only if each of its nodes has room for it', () => {
  const world = opened(1_000n)
  for (const node of NODES) assert.equal(accept(world, node), 'done')
  while (world.state.get(leaseTable, LEASE)?.isLapsed === false) world.jump(DAY_MS)
  const holder = world.state.get(holderTable, named('two')) ?? assert.fail()
  const room = (bytes: number): void =>
    world.state.set(holderTable, named('two'), { ...holder, bytes: limits.ledgerMoney.maxHolderBytes - bytes })
  const extend = (): string => world.send('payer', ops.extend, { lease: LEASE, amount: 10_000n })
  room(GIB - 1)
  const before = world.balance('payer')
  assert.equal(extend(), 'LEDGER_BAD_TERMS')
  assert.equal(world.state.get(leaseTable, LEASE)?.isLapsed, true)
  assert.equal(world.balance('payer'), before)
  room(GIB)
  assert.equal(extend(), 'done')
  assert.equal(world.state.get(leaseTable, LEASE)?.isLapsed, false)
})

test('a part for which the lease has no money is not accepted: nobody draws on the money of others', () => {
  const world = opened()
  world.join('four', 'operator of four')
  world.must('payer', ops.assign, { lease: LEASE, entries: entriesFor(['four'], 2 ** 40) })
  assert.equal(accept(world, 'four'), 'LEDGER_NO_ENTRY')
})
