import { compareBytes } from '@borgios/protocol'
import { carryTable } from '../../src/modules/earning/carries.ts'
import { accrued } from '../../src/modules/leases/holders.ts'
import { charged, worthOf } from '../../src/modules/leases/lease-price.ts'
import { holderTable, leaseIdOf, leaseTable, poolTable } from '../../src/modules/leases/lease-records.ts'
import { ledgerTimeMs } from '../../src/modules/service/ledger-clock.ts'
import { GIB, MoneyWorld, named, operations } from './money-world.ts'

const { lease: ops } = operations
/** A GiB and a day cost 240: ten an hour. */
export const PRICE = 240n

export const entriesFor = (nodes: readonly string[], bytes = GIB) =>
  nodes
    .map((node) => ({ holder: named(node), bytes, shards: 1, list: named(`list of ${node}`) }))
    .sort((left, right) => compareBytes(left.holder, right.holder))

export const openBody = (nodes: readonly string[], amount: bigint, label = 'file') => ({
  label: named(label),
  isReserved: false,
  data: 3,
  parity: 2,
  amount,
  entries: entriesFor(nodes),
})

export const NODES = ['one', 'two', 'three']
export const LEASE = leaseIdOf(named('payer'), named('file'))

export function opened(amount = 7_200n): MoneyWorld {
  const world = new MoneyWorld({ parameters: { storagePrice: PRICE } })
  world.fund('payer', 100_000n)
  for (const node of NODES) world.join(node, `operator of ${node}`)
  world.must('payer', ops.open, openBody(NODES, amount))
  return world
}

export const accept = (world: MoneyWorld, node: string, lease = LEASE): string =>
  world.send(named(node), ops.accept, { node: named(node), leases: [lease] })

export const owed = (world: MoneyWorld, node: string): bigint => {
  const holder = world.state.get(holderTable, named(node))
  if (holder === undefined) return 0n
  const { due, value } = accrued(holder, ledgerTimeMs(world.state))
  return worthOf(due + value)
}

/** What the pool has beyond what it owes to payers and holders. */
export function surplus(world: MoneyWorld, leases: readonly Uint8Array[]): bigint {
  const nowMs = ledgerTimeMs(world.state)
  let owedInAll = 0n
  for (const id of leases) {
    const lease = world.state.get(leaseTable, id)
    if (lease !== undefined) owedInAll += charged(lease, nowMs).balance
  }
  const owedTo = new Map([...world.state.list(carryTable)].map(([node, { value }]) => [String(node), value]))
  for (const [node, holder] of world.state.list(holderTable)) {
    const { due, value } = accrued(holder, nowMs)
    owedTo.set(String(node), (owedTo.get(String(node)) ?? 0n) + due + value)
  }
  for (const value of owedTo.values()) owedInAll += worthOf(value)
  return (world.state.get(poolTable, true) ?? 0n) - owedInAll
}
