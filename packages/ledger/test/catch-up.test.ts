import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { StreamHandler } from '@borgios/peertree'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { BlockServer } from '../src/sync/block-server.ts'
import { CatchUp } from '../src/sync/catch-up.ts'
import { ClusterNode, keysOf, LedgerCluster, MemoryArchive, MemoryLog, QUICK } from './support/ledger-cluster.ts'

const bounds = limits.ledgerSync
const chain = { nodes: 4, epochBlocks: 5, timing: { ...QUICK, idleMs: 20 } }
const HEIGHT = 12

const nodeOf = (name: string): NodeId => NodeId.fromBytes(keysOf(name).publicKey)

let archive: MemoryArchive

before(async () => {
  await using cluster = await LedgerCluster.open(chain)
  await cluster.node(0).until(() => cluster.node(0).height >= HEIGHT)
  archive = cluster.node(0).disk.archive
})

const opened: { node: ClusterNode; catchUp: CatchUp }[] = []

after(async () => {
  for (const { node, catchUp } of opened) {
    await catchUp.stop()
    await node.stop()
  }
})

/** A node with nothing among validators that have all blocks, and others that do as they like. */
async function world(liars: Record<string, StreamHandler> = {}, honest = ['node 0', 'node 1', 'node 2', 'node 3']) {
  const time = new ManualTime()
  const names = [...honest, ...Object.keys(liars), 'follower']
  const { peers } = createMemoryNetwork(time, time, names.length, (index) => ({
    node: nodeOf(names[index] ?? ''),
    operator: OperatorId.fromBytes(keysOf(`operator of ${names[index]}`).publicKey),
  }))
  const asked: string[] = []
  for (const [index, peer] of peers.entries()) {
    const name = names[index] ?? ''
    const lie = liars[name]
    if (lie !== undefined) {
      peer.handleStream(LEDGER_BLOCKS_PROTOCOL, (stream) => {
        asked.push(name)
        return lie(stream)
      })
    } else if (name !== 'follower') new BlockServer({ network: peer, blocks: archive, clock: time, timers: time })
  }
  const network = peers.at(-1)
  assert(network)
  const node = await ClusterNode.open('follower', network, chain, {
    log: new MemoryLog(),
    archive: new MemoryArchive(),
  })
  node.engine.start()
  const catchUp = new CatchUp({
    network,
    chain: node.chain,
    engine: node.engine,
    clock: time,
    timers: time,
    logger: silentLogger,
  })
  opened.push({ node, catchUp })
  return { time, node, catchUp, asked }
}

/** Lets everything happen that needs no time to pass. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const silent: StreamHandler = () => new Promise(() => undefined)
const empty: StreamHandler = async (stream) => {
  await stream.receive()
  await stream.end()
}

test('a claim is followed, over the ends of epochs', { timeout: 30_000 }, async () => {
  const { node, catchUp } = await world()
  catchUp.follow(nodeOf('node 2'), HEIGHT)
  await node.until(() => node.height >= HEIGHT)
  assert(node.chain.record.epoch >= 2)
})

test('who claims to be further and is silent does not keep a node from asking others', {
  timeout: 30_000,
}, async () => {
  const { time, node, catchUp } = await world({ liar: silent })
  catchUp.follow(nodeOf('liar'), HEIGHT)
  await settled()
  time.advance(bounds.messageMs)
  await node.until(() => node.height >= HEIGHT)
})

test('as many liars as are asked leave validators their turn', { timeout: 30_000 }, async () => {
  const names = Array.from({ length: bounds.peersAsked }, (_, index) => `liar ${index}`)
  const { node, catchUp } = await world(Object.fromEntries(names.map((name) => [name, empty])))
  catchUp.start({ peers: names.map(nodeOf) })
  await node.until(() => node.height >= HEIGHT)
})

test('who claimed what it did not have is not asked again for a while', async () => {
  const { time, catchUp, asked } = await world({ liar: empty })
  for (let claim = 0; claim < 3; claim += 1) {
    catchUp.follow(nodeOf('liar'), 1_000_000)
    catchUp.start({ peers: [nodeOf('liar')] })
    await settled()
  }
  assert.deepEqual(asked, ['liar'])
  time.advance(bounds.doubtMs)
  catchUp.follow(nodeOf('liar'), 1_000_000)
  await settled()
  assert.deepEqual(asked, ['liar', 'liar'])
})
