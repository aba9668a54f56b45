import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LedgerCluster, transferBy } from './support/ledger-cluster.ts'

test('four validators make the same blocks of what one of them was given', { timeout: 60_000 }, async () => {
  await using cluster = new LedgerCluster({ nodes: 4 })
  for (const node of cluster.nodes)
    for (let nonce = 0; nonce < 20; nonce += 1) node.add(transferBy('alice', 'bob', nonce, 5n))
  await Promise.all(cluster.nodes.map((node) => node.until(() => node.balance('bob') === 1_000_000_000_100n)))
  const [first] = cluster.nodes
  assert(first)
  for (const node of cluster.nodes) {
    const common = Math.min(node.final.length, first.final.length)
    assert(common > 0)
    assert.deepEqual(
      node.final.slice(0, common).map(({ hash }) => hash),
      first.final.slice(0, common).map(({ hash }) => hash),
    )
    assert.equal(node.final.flatMap(({ receipts }) => receipts).filter(({ status }) => status === 0).length, 20)
  }
})

test('epochs follow one another, idle', { timeout: 60_000 }, async () => {
  await using cluster = new LedgerCluster({ nodes: 4, epochBlocks: 3 })
  await Promise.all(cluster.nodes.map((node) => node.until(() => node.chain.record.epoch >= 3)))
  for (const node of cluster.nodes) assert.deepEqual(node.halted, [])
})
