/** Nodes in one process that can be told to broadcast: BorgIOS's tree, and gossipsub on the same engine. */
import { NodeId, OperatorId, silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { type Genesis, networkIdOf, type Signer, signNodeCertificate } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createPeerTree, libp2pOptions, type PeerTree } from '@borgios/peertree'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import { createLibp2p, type Libp2p } from 'libp2p'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']
const DIALS = 8
const GIVE_UP_MS = 60_000
const SETTLE_MS = 5_000

/** A fleet of nodes in this process that can be told to broadcast. */
export interface Fleet {
  /** Sends the payload from one node; resolves when every other node has it. */
  broadcast(from: number, payload: string): Promise<void>
  /** Broadcast frames that nodes received so far; 0 in a fleet that does not count them. */
  framesReceived(): number
  stop(): Promise<unknown>
}

/** Counts arrivals of the message under way. */
class Arrivals {
  #expected = ''
  #missing = 0
  #done: () => void = () => {}

  expect(payload: string, nodes: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => reject(new Error(`${this.#missing} nodes never got a message`)), GIVE_UP_MS)
    this.#expected = payload
    this.#missing = nodes
    this.#done = () => {
      clearTimeout(timer)
      resolve()
    }
    return promise
  }

  got(payload: string): void {
    if (payload !== this.#expected) return
    this.#missing -= 1
    if (this.#missing === 0) this.#done()
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = performance.now() + GIVE_UP_MS
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`${what} did not happen within ${GIVE_UP_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const newSigner = (): Signer => sodiumEd25519.signerFromSeed(systemRandom.bytes(32))

export async function treeFleet(count: number): Promise<Fleet> {
  const founder = newSigner()
  const operator = OperatorId.fromBytes(founder.publicKey)
  const genesis: Genesis = { version: 1, name: 'bench', random: 'a'.repeat(52), founders: [operator] }
  const arrivals = new Arrivals()
  const nodes: PeerTree[] = []
  for (let index = 0; index < count; index += 1) {
    const signer = newSigner()
    const node = NodeId.fromBytes(signer.publicKey)
    const certificate = signNodeCertificate(founder, { network: networkIdOf(genesis), node, operator })
    const contacts = nodes[0]?.addresses() ?? []
    const tree = createPeerTree(
      { genesis, certificate, place: '', release: 'bench', services: [], listen: LISTEN, contacts },
      {
        signer,
        ed25519: sodiumEd25519,
        clock: systemClock,
        timers: systemTimers,
        random: systemRandom,
        logger: silentLogger,
      },
    )
    tree.onBroadcast('bench.message', ({ from, body }) => {
      if (from !== tree.self) arrivals.got(String(body))
    })
    await tree.start()
    nodes.push(tree)
  }
  const whole = (node: PeerTree): boolean =>
    node.position().state === 'attached' && node.members().filter(({ state }) => state === 'up').length === count
  await until(() => nodes.every(whole), 'the tree being whole')
  return {
    broadcast(from, payload) {
      const all = arrivals.expect(payload, count - 1)
      nodes[from]?.broadcast('bench.message', payload)
      return all
    },
    framesReceived: () => nodes.reduce((sum, node) => sum + node.counters().payloadFramesReceived, 0),
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  }
}

/** Defaults, but for the penalty on peers of one address: here all share one, and with it no mesh would ever form. */
const GOSSIPSUB = { globalSignaturePolicy: 'StrictSign', scoreParams: { IPColocationFactorWeight: 0 } } as const

export async function gossipFleet(count: number): Promise<Fleet> {
  const arrivals = new Arrivals()
  const decoder = new TextDecoder()
  const nodes: Libp2p<{ identify: Identify; pubsub: GossipSub }>[] = []
  for (let index = 0; index < count; index += 1) {
    const services = { identify: identify(), pubsub: gossipsub(GOSSIPSUB) }
    nodes.push(await createLibp2p({ ...libp2pOptions(newSigner(), LISTEN), services }))
  }
  for (const { services } of nodes) {
    services.pubsub.subscribe('bench')
    services.pubsub.addEventListener('message', ({ detail }) => arrivals.got(decoder.decode(detail.data)))
  }
  // Each pair once: simultaneous dials of one pair would cost gossipsub its streams.
  const pairs = new Map<string, readonly [number, number]>()
  for (let from = 0; from < count; from += 1) {
    for (let dial = 0; dial < DIALS; dial += 1) {
      // The first dial goes to an earlier node, so that all are connected.
      const to = dial === 0 && from > 0 ? systemRandom.below(from) : systemRandom.below(count)
      if (to !== from) pairs.set([from, to].sort((a, b) => a - b).join(), [from, to])
    }
  }
  for (const [from, to] of pairs.values()) await nodes[from]?.dial(nodes[to]?.getMultiaddrs() ?? [])
  const connected = ({ services }: (typeof nodes)[number]): boolean =>
    services.pubsub.getSubscribers('bench').length >= DIALS / 2
  await until(() => nodes.every(connected), 'gossipsub knowing its neighbours')
  // Some heartbeats of gossipsub, so that its mesh has settled.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  return {
    async broadcast(from, payload) {
      const all = arrivals.expect(payload, count - 1)
      await nodes[from]?.services.pubsub.publish('bench', new TextEncoder().encode(payload))
      await all
    },
    framesReceived: () => 0,
    stop: () => Promise.all(nodes.map((node) => node.stop())),
  }
}
