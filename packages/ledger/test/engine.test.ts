import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LedgerCluster, transferBy } from './support/ledger-cluster.ts'

test('four validators make the same blocks of what one of them was given', { timeout: 60_000 }, async () => {
  await using cluster = await LedgerCluster.open({ nodes: 4 })
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
  await using cluster = await LedgerCluster.open({ nodes: 4, epochBlocks: 3 })
  await Promise.all(cluster.nodes.map((node) => node.until(() => node.chain.record.epoch >= 3)))
  for (const node of cluster.nodes) assert.deepEqual(node.halted, [])
})

test('a validator that was killed comes back with its log, and is final again with the others', {
  timeout: 60_000,
}, async () => {
  await using cluster = await LedgerCluster.open({ nodes: 4, epochBlocks: 10 })
  await cluster.node(0).until(() => cluster.node(0).height >= 3)
  const disk = await cluster.kill(3)
  const gone = cluster.node(3).height
  await cluster.node(0).until(() => cluster.node(0).height >= gone + 25)
  cluster.revive(3)
  const back = await cluster.start(3, disk)
  assert(back.height >= gone - 1)
  await back.until(() => back.height >= cluster.node(0).height - 1 && back.height > gone + 25)
  const since = back.height
  await back.until(() => back.height >= since + 8)
  assert.deepEqual(back.halted, [])
  const others = cluster.node(0).final.map(({ hash }) => Buffer.from(hash).toString('hex'))
  for (const { header, hash } of back.final) {
    if (header.height <= others.length) assert.equal(Buffer.from(hash).toString('hex'), others[header.height - 1])
  }
})

test('a node that begins with nothing catches up and takes part', { timeout: 60_000 }, async () => {
  await using cluster = await LedgerCluster.open({ nodes: 4, epochBlocks: 10 })
  await cluster.kill(2)
  for (const index of [0, 1, 3]) cluster.node(index).add(transferBy('alice', 'bob', 0, 7n))
  await cluster.node(0).until(() => cluster.node(0).height >= 35)
  cluster.revive(2)
  const fresh = await cluster.start(2)
  await fresh.until(() => fresh.height >= 35)
  assert.equal(fresh.balance('bob'), 1_000_000_000_007n)
})
