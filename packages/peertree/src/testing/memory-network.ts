import { assert, type Clock, type JsonValue, NodeId, type Timers } from '@borgios/core'
import type { Audience, Envelope } from '@borgios/crypto'
import type {
  BroadcastHandler,
  Member,
  PeerNetwork,
  PeerStream,
  RequestHandler,
  RequestOptions,
  StreamHandler,
  TreePosition,
} from '../peer-network.ts'
import { refused, requestTimedOut, unknownNode, unreachable } from './memory-errors.ts'
import { createMemoryStreamPair, type MemoryStreamPair } from './memory-message-stream.ts'

/** A network of PeerNetworks inside one process, without tree and sockets: for the tests of the rooms above. */
export class MemoryNetwork {
  readonly #peers = new Map<NodeId, MemoryPeer>()
  readonly clock: Clock
  readonly timers: Timers

  constructor(clock: Clock, timers: Timers) {
    this.clock = clock
    this.timers = timers
  }

  /** Adds a member that is up. */
  add(member: Omit<Member, 'state' | 'sinceMs'>): MemoryPeer {
    const peer = new MemoryPeer(this, { ...member, state: 'up', sinceMs: this.clock.nowMs() })
    this.#peers.set(member.node, peer)
    this.#tell(peer.member)
    return peer
  }

  /** As by SIGKILL: streams break, requests fail, and everyone else is told that it is down. */
  kill(node: NodeId): void {
    this.#move(node, 'down')
    this.#peer(node).cutStreams()
  }

  /** As a restart: whoever handles for it must have been set up anew by the caller where needed. */
  revive(node: NodeId): void {
    this.#move(node, 'up')
  }

  members(): readonly Member[] {
    return [...this.#peers.values()].map((peer) => peer.member)
  }

  /** The peer if it is there and up. */
  reach(node: NodeId): MemoryPeer {
    const peer = this.#peers.get(node)
    if (peer === undefined) throw unknownNode(node)
    if (peer.member.state === 'down') throw unreachable(node)
    return peer
  }

  spread(envelope: Envelope): void {
    for (const peer of this.#peers.values()) if (peer.member.state === 'up') peer.hear(envelope)
  }

  #peer(node: NodeId): MemoryPeer {
    const peer = this.#peers.get(node)
    assert(peer !== undefined, 'only members of the network can be killed or revived')
    return peer
  }

  #move(node: NodeId, state: Member['state']): void {
    const peer = this.#peer(node)
    peer.member = { ...peer.member, state, sinceMs: this.clock.nowMs() }
    this.#tell(peer.member)
  }

  #tell(member: Member): void {
    for (const peer of this.#peers.values()) if (peer.member.state === 'up') peer.memberChanged(member)
  }
}

/** One member of a {@link MemoryNetwork}. */
export class MemoryPeer implements PeerNetwork {
  readonly #network: MemoryNetwork
  readonly #requests = new Map<string, RequestHandler>()
  readonly #streams = new Map<string, StreamHandler>()
  readonly #broadcasts = new Map<string, Set<BroadcastHandler>>()
  readonly #listeners = new Set<(member: Member) => void>()
  readonly #open = new Set<MemoryStreamPair>()
  #sequence = 0
  member: Member

  constructor(network: MemoryNetwork, member: Member) {
    this.#network = network
    this.member = member
  }

  get self(): NodeId {
    return this.member.node
  }

  members(): readonly Member[] {
    return this.#network.members()
  }

  onMemberChange(listener: (member: Member) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  position(): TreePosition {
    return { state: 'attached', root: this.self, parent: undefined, children: [], depth: 0, degree: 8 }
  }

  async request(to: NodeId, method: string, body: JsonValue, options: RequestOptions = {}): Promise<JsonValue> {
    assert(to !== this.self, 'a node does not send requests to itself')
    options.signal?.throwIfAborted()
    const handler = this.#network.reach(to).#requests.get(method)
    if (handler === undefined) throw refused(to, method)
    const answer = Promise.resolve(handler(structuredClone(body), { node: this.self, role: 'member' }))
    const result = await this.#orTimeout(answer, to, method, options)
    this.#network.reach(to)
    return structuredClone(result)
  }

  handle(method: string, handler: RequestHandler): void {
    this.#requests.set(method, handler)
  }

  async openStream(to: NodeId, protocol: string, signal?: AbortSignal): Promise<PeerStream> {
    assert(to !== this.self, 'a node does not open streams to itself')
    signal?.throwIfAborted()
    const other = this.#network.reach(to)
    const handler = other.#streams.get(protocol)
    if (handler === undefined) throw refused(to, protocol)
    const pair = createMemoryStreamPair({ node: this.self, role: 'member' }, { node: to, role: 'member' })
    this.#open.add(pair)
    other.#open.add(pair)
    handler(pair.acceptor).catch((error: Error) => pair.acceptor.abort(error))
    return pair.dialer
  }

  handleStream(protocol: string, handler: StreamHandler): void {
    this.#streams.set(protocol, handler)
  }

  broadcast(type: string, body: JsonValue, audience: Audience = 'members'): void {
    this.#sequence += 1
    this.#network.spread({
      network: 'w' as Envelope['network'],
      type,
      from: this.self,
      audience,
      timeMs: this.#network.clock.nowMs(),
      sequence: this.#sequence,
      body: structuredClone(body),
      signature: '',
    })
  }

  onBroadcast(type: string, handler: BroadcastHandler): () => void {
    const handlers = this.#broadcasts.get(type) ?? new Set()
    this.#broadcasts.set(type, handlers.add(handler))
    return () => handlers.delete(handler)
  }

  hear(envelope: Envelope): void {
    for (const handler of this.#broadcasts.get(envelope.type) ?? []) handler(envelope)
  }

  memberChanged(member: Member): void {
    for (const listener of this.#listeners) listener(member)
  }

  cutStreams(): void {
    for (const pair of this.#open) pair.cut()
    this.#open.clear()
  }

  async #orTimeout(
    answer: Promise<JsonValue>,
    to: NodeId,
    method: string,
    options: RequestOptions,
  ): Promise<JsonValue> {
    const { timeoutMs, signal } = options
    if (timeoutMs === undefined && signal === undefined) return answer
    const { promise, reject } = Promise.withResolvers<never>()
    const cancel =
      timeoutMs === undefined
        ? undefined
        : this.#network.timers.after(timeoutMs, () => reject(requestTimedOut(to, method, timeoutMs)))
    const onAbort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      return await Promise.race([answer, promise])
    } finally {
      cancel?.()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

/**
 * A memory network of `count` members, each of its own operator and place, offering everything unless `member` says
 * otherwise. Give real public keys as node ids where signatures matter.
 */
export function createMemoryNetwork(
  clock: Clock,
  timers: Timers,
  count: number,
  member: (index: number) => Pick<Member, 'node' | 'operator'> & Partial<Member>,
): { readonly network: MemoryNetwork; readonly peers: readonly MemoryPeer[] } {
  const network = new MemoryNetwork(clock, timers)
  const peers = Array.from({ length: count }, (_, index) =>
    network.add({
      place: `place-${index}`,
      release: '0.0.0',
      services: ['store', 'compute'],
      addresses: [],
      ...member(index),
    }),
  )
  return { network, peers }
}

/** A node id for tests: 32 bytes that spell the index, no key. */
export const testNodeId = (index: number): NodeId => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, index)
  return NodeId.fromBytes(bytes)
}
