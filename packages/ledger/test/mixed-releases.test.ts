import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '@borgios/protocol'
import type { StateModule } from '../src/modules/state-module.ts'
import { LedgerCluster, signedBy, transferBy } from './support/ledger-cluster.ts'

const GIFT = 1_000_000n

/** What a later release brings: its one operation gives money to the treasury. */
const laterModule: StateModule = {
  id: 200,
  name: 'later',
  tables: [],
  refusals: {},
  operations: [
    {
      kind: 1,
      name: 'give',
      encode: (amount: bigint) => new ByteWriter().amount(amount).finish(),
      decode: (bytes) => new ByteReader(bytes).amount(),
      units: () => 1,
      apply({ money, sender }, amount: bigint) {
        money.take(sender, amount, { reason: 'grant', subject: sender })
        money.giveTreasury(amount)
      },
    },
  ],
}

const gift = (): Uint8Array =>
  signedBy('alice', 0, { module: 200, kind: 1, body: new ByteWriter().amount(GIFT).finish() })

/** All nodes have the same block at each height that several have. */
function assertOneChain({ nodes }: LedgerCluster): void {
  const blocks = new Map<number, string>()
  for (const { final, name } of nodes) {
    for (const { header, hash } of final) {
      const text = Buffer.from(hash).toString('hex')
      assert.equal(blocks.get(header.height) ?? text, text, `height ${header.height} on ${name}`)
      blocks.set(header.height, text)
    }
  }
}

test('releases that know different operations: what less than a quorum knows is not final, who lacks what a quorum knows stops and says so', {
  timeout: 120_000,
}, async () => {
  const updated = new Set(['node 0', 'node 1'])
  const extraModules = (node: string) => (updated.has(node) ? [laterModule] : [])
  await using cluster = await LedgerCluster.open({ nodes: 4, extraModules })
  const hasGiven = (index: number) => cluster.node(index).balance('alice') < 1_000_000_000_000n - GIFT

  // Two of four know it: their proposals are not taken by the others, the chain goes on without.
  for (const index of [0, 1]) cluster.node(index).add(gift())
  assert.equal(cluster.node(3).mempool.add(gift()).outcome, 'refused')
  for (const node of cluster.nodes) node.add(transferBy('bob', 'alice', 0, 1n))
  await Promise.all(cluster.nodes.map((node) => node.until(() => node.height >= 4)))
  for (const { name, halted } of cluster.nodes) assert.deepEqual(halted, [], name)
  assert.equal([0, 1, 2, 3].some(hasGiven), false)
  assertOneChain(cluster)

  // Three of four: it becomes final, and the fourth cannot follow.
  const disk = await cluster.kill(2)
  updated.add('node 2')
  cluster.revive(2)
  const back = await cluster.start(2, disk)
  back.add(gift())
  await Promise.all([0, 1, 2].map((index) => cluster.node(index).until(() => hasGiven(index))))
  const left = cluster.node(3)
  await left.until(() => left.height < 0).catch(() => undefined)
  assert.match(left.halted[0] ?? '', /this node cannot take|comes out otherwise/)
  assert.match(left.halted[0] ?? '', /update it/)
  assertOneChain(cluster)

  // Updated, it goes on from what is on its disk.
  const late = await cluster.kill(3)
  updated.add('node 3')
  cluster.revive(3)
  const last = await cluster.start(3, late)
  await last.until(() => hasGiven(3))
  assert.equal(last.balance('alice'), cluster.node(0).balance('alice'))
  assertOneChain(cluster)
})
