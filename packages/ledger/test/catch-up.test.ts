import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits, NodeId, OperatorId, silentLogger } from '@borgios/core'
import { ManualTime } from '@borgios/core/testing'
import type { StreamHandler } from '@borgios/peertree'
import { createMemoryNetwork } from '@borgios/peertree/testing'
import { encodeBlock, encodeFinalityProof, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { BlockServer } from '../src/sync/block-server.ts'
import { CatchUp } from '../src/sync/catch-up.ts'
import {
  ClusterNode,
  keysOf,
  LedgerCluster,
  MemoryArchive,
  MemoryLog,
  QUICK,
  trustedBy,
} from './support/ledger-cluster.ts'

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
async function world(
  liars: Record<string, StreamHandler> = {},
  honest = ['node 0', 'node 1', 'node 2', 'node 3'],
  blocks = archive,
) {
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
    } else if (name !== 'follower') new BlockServer({ network: peer, blocks, clock: time, timers: time })
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
    ...trustedBy(node.name, node.chain, node.disk, time),
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

test('a claim that comes while another is followed waits for its turn', { timeout: 30_000 }, async () => {
  const { time, node, catchUp } = await world({ liar: silent }, ['node 2'])
  catchUp.follow(nodeOf('liar'), HEIGHT)
  await settled()
  catchUp.follow(nodeOf('node 2'), HEIGHT)
  await settled()
  assert.equal(node.height, 0)
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

/** Groups as the chain has them, each with its proof. */
function groups(): { proof: Uint8Array; blocks: Uint8Array[] }[] {
  return archive.groups.map(({ blocks, fillers, certificate }) => {
    const headers = [...blocks, ...fillers].map(({ block }) => block.header)
    return {
      proof: encodeFinalityProof({ headers, certificate }),
      blocks: blocks.map(({ block }) => encodeBlock(block)),
    }
  })
}

/** Sends these, and counts how many were taken. */
function sender(payloads: Iterable<Uint8Array>) {
  const taken = { count: 0 }
  const handler: StreamHandler = async (stream) => {
    await stream.receive()
    for (const payload of payloads) {
      await stream.send({ header: null, payload })
      taken.count += 1
    }
    await stream.end()
  }
  return { taken, handler }
}

function* endless(...payloads: readonly Uint8Array[]): Iterable<Uint8Array> {
  for (;;) yield* payloads
}

/** The most messages that are under way unread. */
const AHEAD = 3

async function lie(payloads: Iterable<Uint8Array>) {
  const { taken, handler } = sender(payloads)
  const { node, catchUp } = await world({ liar: handler }, [])
  catchUp.follow(nodeOf('liar'), HEIGHT)
  await settled()
  assert.deepEqual(node.halted, [])
  return { node, taken: taken.count }
}

test('no block is taken before a proof that it is final', async () => {
  const [first] = groups()
  const block = first?.blocks[0] ?? assert.fail()
  const { node, taken } = await lie(endless(block))
  assert.equal(node.height, 0)
  assert(taken <= AHEAD, `${taken} were taken`)
})

test('a proof whose certificate nobody signed, or that lacks its blocks, brings nothing', async () => {
  const [first] = groups()
  assert(first)
  const forged = first.proof.slice()
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
  assert.equal((await lie([forged, ...first.blocks])).node.height, 0)
  assert.equal((await lie([first.proof])).node.height, 0)
  assert.equal((await lie([first.proof, ...first.blocks])).node.height, first.blocks.length)
})

test('another block than was promised, and one with another signature, are refused', async () => {
  const [first, second] = groups()
  assert(first && second)
  assert.equal((await lie([first.proof, ...second.blocks])).node.height, 0)
  const { block } = archive.groups[0]?.blocks[0] ?? assert.fail()
  const unsigned = encodeBlock({ ...block, signature: new Uint8Array(64) })
  assert.equal((await lie([first.proof, unsigned, ...first.blocks.slice(1)])).node.height, 0)
})

test('a group that is final here is not taken again and again', async () => {
  const [first] = groups()
  assert(first)
  const { node, taken } = await lie(endless(first.proof, ...first.blocks))
  assert.equal(node.height, first.blocks.length)
  assert(taken <= first.blocks.length + 1 + AHEAD, `${taken} were taken`)
})

test('blocks that became final together come together, also from the middle on', { timeout: 30_000 }, async () => {
  const ofEpoch = archive.groups.filter(({ certificate }) => certificate.epoch === 0)
  const last = ofEpoch.at(-1) ?? assert.fail()
  const together = new MemoryArchive()
  together.append({ ...last, blocks: ofEpoch.flatMap(({ blocks }) => blocks) })
  const [first] = groups()
  assert(first)
  const { handler } = sender([first.proof, ...first.blocks])
  const { node, catchUp } = await world({ short: handler }, ['node 0'], together)
  catchUp.follow(nodeOf('short'), 1)
  await node.until(() => node.height >= 1)
  await settled()
  catchUp.follow(nodeOf('node 0'), 5)
  await node.until(() => node.height >= 5)
  await settled()
  assert.equal(node.disk.archive.groups.length, 2)
})
