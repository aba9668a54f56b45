import { assert, type CancelTimer, isBorgError, type JsonValue, limits, messageOf, NodeId } from '@borgios/core'
import { type Audience, networkIdOf } from '@borgios/crypto'
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from '@borgios/protocol'
import { AddressBookKeeper, contactsToTry } from './address-book.ts'
import { Broadcasts } from './broadcasts.ts'
import { type MutableCounters, type PeerTreeCounters, zeroCounters } from './counters.ts'
import { withTimeout } from './deadline.ts'
import type { DirectoryKeys } from './directory/directory-keys.ts'
import { guestKeys } from './directory/guest-keys.ts'
import { statementKeys } from './directory/statement-keys.ts'
import { isDialable } from './engine/dial-targets.ts'
import type { Engine } from './engine/engine.ts'
import { Libp2pEngine } from './engine/libp2p-engine.ts'
import { closed, misbehaved, refused, unknownNode } from './errors.ts'
import type {
  Access,
  BroadcastHandler,
  Member,
  PeerNetwork,
  PeerStream,
  RequestHandler,
  RequestOptions,
  Role,
  StreamHandler,
  TreePosition,
} from './peer-network.ts'
import { introductionOf, type PeerTreeModules, type PeerTreeOptions } from './peer-tree-options.ts'
import { FoundersAdmission, RegisterAdmission } from './session/admission.ts'
import { NotLookedAt } from './session/requests.ts'
import { Services } from './session/services.ts'
import type { Session } from './session/session.ts'
import { Sessions } from './session/sessions.ts'
import { payloadBuffers } from './streams/message-reader.ts'
import { acceptBulkStream, openBulkStream } from './streams/stream-opening.ts'
import { step } from './tree/step.ts'
import type { Moment, SelfDescription, TreeEffect, TreeEvent } from './tree/tree-io.ts'
import { createTree, membersOf, positionOf, type TreeState } from './tree/tree-state.ts'

type Contacts = Extract<TreeEvent, { kind: 'start' }>['contacts']

/** A node of the network: see {@link PeerTree}. Nothing happens before `start`. */
export const createPeerTree = (options: PeerTreeOptions, modules: PeerTreeModules): PeerTree =>
  new PeerTree(options, modules)

/**
 * The shell around the tree's pure core: feeds it what happens on the sessions and does what it says. Everything the rooms above
 * use of the network is {@link PeerNetwork}; start, stop and the counters are for who owns the node.
 */
export class PeerTree implements PeerNetwork {
  readonly self: NodeId
  readonly #options: PeerTreeOptions
  readonly #modules: PeerTreeModules
  #role: Role
  readonly #engine: Engine
  readonly #sessions: Sessions
  readonly #services = new Services()
  readonly #buffers = payloadBuffers()
  readonly #broadcasts: Broadcasts
  readonly #memberKeys: DirectoryKeys
  readonly #addressBook: AddressBookKeeper | undefined
  readonly #memberListeners = new Set<(member: Member) => void>()
  readonly #positionListeners = new Set<(position: TreePosition) => void>()
  readonly #counters: MutableCounters = zeroCounters()
  readonly #events: TreeEvent[] = []
  #state: TreeState | undefined
  #contacts: Contacts = []
  #stepping = false
  #stopping = false
  #cancelTick: CancelTimer | undefined

  constructor(options: PeerTreeOptions, modules: PeerTreeModules) {
    const { signer, ed25519, clock, timers, logger, register } = modules
    const { genesis, certificate, invitation } = options
    const network = networkIdOf(genesis)
    this.self = NodeId.fromBytes(signer.publicKey)
    this.#options = options
    this.#modules = modules
    this.#role = certificate === undefined ? 'guest' : 'member'
    const protocols = [CONTROL_PROTOCOL, BULK_PROTOCOL]
    this.#engine = modules.engine ?? new Libp2pEngine({ listen: options.listen, protocols }, modules)
    this.#broadcasts = new Broadcasts(network, modules)
    this.#memberKeys =
      certificate === undefined
        ? guestKeys
        : statementKeys({ ed25519, signer, genesis, certificate, invitation, register })
    if (modules.addressBook !== undefined) {
      this.#addressBook = new AddressBookKeeper(modules.addressBook, timers, logger)
    }
    const trust = { ed25519, genesis, network, clock, guests: options.guests ?? true }
    const rule = register === undefined ? new FoundersAdmission(trust) : new RegisterAdmission(trust, register)
    this.#sessions = new Sessions({
      self: this.self,
      engine: this.#engine,
      clock,
      timers,
      logger,
      services: this.#services,
      admission: modules.admission ?? rule,
      introduction: () => introductionOf(options, network, this.#role, () => this.addresses()),
      listener: {
        onOpened: (session) => this.#onOpened(session),
        onClosed: (session) => this.#feed({ kind: 'sessionClosed', node: session.peer.node }),
        onTreeMessage: (session, message) => this.#feed({ kind: 'received', from: session.peer.node, message }),
        onBroadcast: (session, bytes) => this.#onBroadcast(session, bytes),
        onStream: (session, bytes) => void acceptBulkStream(session, bytes, this.#opening()),
      },
    })
  }

  /** Listens, then joins through the contacts and the address book. Throws PEERTREE_LISTEN_FAILED. */
  async start(): Promise<void> {
    assert(this.#state === undefined && !this.#stopping, 'a node starts once')
    for (const address of this.#options.contacts) {
      if (!isDialable(address)) this.#modules.logger.warn('an address to join through is none', { address })
    }
    this.#contacts = contactsToTry(this.#options.contacts, (await this.#addressBook?.load()) ?? [])
    await this.#sessions.start()
    this.#begin(this.#contacts)
    this.#tickLater()
  }

  /**
   * Becomes a guest or a member without ceasing to listen: all sessions end, and the node joins anew, at first through `contact`. Before
   * `start` it says as what the node begins.
   */
  async enter(role: Role, contact: readonly string[] = []): Promise<void> {
    assert(role === 'guest' || this.#options.certificate !== undefined, 'a member has a certificate')
    if (role === this.#role || this.#stopping) return
    this.#role = role
    if (this.#state === undefined) return
    this.#feed({ kind: 'stop' })
    // What comes meanwhile waits for the new tree.
    this.#state = undefined
    await this.#sessions.closeAll()
    if (!this.#stopping) this.#begin(contact.length === 0 ? this.#contacts : [contact, ...this.#contacts])
  }

  /** Says farewell, saves the address book and closes everything. */
  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#cancelTick?.()
    const members = this.members()
    this.#feed({ kind: 'stop' })
    await this.#addressBook?.save(members, this.self)
    await this.#sessions.stop()
  }

  /** What this node tells others to dial. */
  addresses(): readonly string[] {
    return this.#options.announce ?? this.#engine.addresses()
  }

  /** See {@link Sessions.barredBy}. */
  get barredBy(): NodeId | undefined {
    return this.#sessions.barredBy
  }

  counters(): PeerTreeCounters {
    return { ...this.#counters }
  }

  members(): readonly Member[] {
    return this.#state === undefined ? [] : membersOf(this.#state).map((member) => this.#onWallClock(member))
  }

  onMemberChange(listener: (member: Member) => void): () => void {
    this.#memberListeners.add(listener)
    return () => this.#memberListeners.delete(listener)
  }

  position(): TreePosition {
    if (this.#state !== undefined) return positionOf(this.#state)
    const degree = this.#options.degree ?? limits.tree.degree
    return { state: 'joining', root: undefined, parent: undefined, children: [], depth: 0, degree }
  }

  /** Calls back whenever the position may have changed. Returns the way to stop it. */
  onPositionChange(listener: (position: TreePosition) => void): () => void {
    this.#positionListeners.add(listener)
    return () => this.#positionListeners.delete(listener)
  }

  async request(to: NodeId, method: string, body: JsonValue, options: RequestOptions = {}): Promise<JsonValue> {
    const { requestTimeoutMs, maxRequestTimeoutMs } = limits.peertree
    const timeoutMs = Math.min(options.timeoutMs ?? requestTimeoutMs, maxRequestTimeoutMs)
    const ask = async (signal: AbortSignal): Promise<JsonValue> => {
      const first = await this.#sessionWith(to, signal)
      try {
        return await first.requests.ask(method, body, signal)
      } catch (error) {
        if (!(error instanceof NotLookedAt)) throw error
      }
      const second = await this.#sessionWith(to, signal)
      return await second.requests.ask(method, body, signal)
    }
    const what = `no answer from ${to} to ${method}`
    try {
      return await withTimeout(this.#modules.timers, timeoutMs, options.signal, ask, what)
    } catch (error) {
      if (error instanceof NotLookedAt) throw closed(`the session with ${to} was closed twice in a row`, {}, error)
      throw error
    }
  }

  handle(method: string, handler: RequestHandler, access?: Access): void {
    this.#services.methods.add(method, handler, access)
  }

  async openStream(to: NodeId, protocol: string, signal?: AbortSignal): Promise<PeerStream> {
    const session = await this.#sessionWith(to, signal)
    return openBulkStream(session, protocol, this.#opening(), signal)
  }

  handleStream(protocol: string, handler: StreamHandler, access?: Access): void {
    this.#services.protocols.add(protocol, handler, access)
  }

  broadcast(type: string, body: JsonValue, audience: Audience = 'members'): void {
    if (this.#role === 'guest') throw refused('a guest does not broadcast; join the network as a member first')
    if (this.#state === undefined || this.#stopping) throw closed('the node is not running')
    this.#feed({ kind: 'publish', ...this.#broadcasts.seal(type, body, audience) })
  }

  onBroadcast(type: string, handler: BroadcastHandler): () => void {
    return this.#broadcasts.on(type, handler)
  }

  /** A tree of its own, from which the node joins the others. */
  #begin(contacts: Contacts): void {
    const { clock, random } = this.#modules
    const { degree } = this.#options
    this.#state = createTree(
      {
        self: this.self,
        role: this.#role,
        about: this.#about(),
        firstSequence: Math.floor(clock.nowMs()),
        random,
        keys: this.#role === 'guest' ? guestKeys : this.#memberKeys,
        ...(degree === undefined ? {} : { degree }),
      },
      this.#now(),
    )
    // Before what came in since the engine listens.
    this.#events.unshift({ kind: 'start', contacts })
    this.#feed({ kind: 'tick' })
  }

  /** The session with a node, dialed if need be. */
  async #sessionWith(node: NodeId, signal: AbortSignal | undefined): Promise<Session> {
    if (this.#stopping) throw closed('the node is stopped')
    const standing = this.#sessions.get(node)
    if (standing !== undefined) return standing
    const member = this.members().find((known) => known.node === node)
    if (member === undefined || node === this.self) {
      const why = node === this.self ? 'it is this node itself' : 'nobody of that id is known in this network'
      throw unknownNode(`cannot reach ${node}: ${why}`, { node })
    }
    return this.#sessions.connect(node, member.addresses, signal)
  }

  #onOpened({ peer: { node, role }, release, addresses }: Session): void {
    this.#modules.logger.debug('a session opened', { peer: node, role, release })
    this.#feed({ kind: 'sessionOpened', node, role, addresses })
  }

  #onBroadcast(session: Session, bytes: Uint8Array): void {
    const counters = this.#counters
    counters.payloadFramesReceived += 1
    counters.payloadBytesReceived += bytes.length
    try {
      if (session.peer.role === 'guest') throw misbehaved('a guest does not broadcast')
      if (this.#broadcasts.isRepeat(bytes, (from, sequence) => this.#state?.replay.has(from, sequence) === true)) {
        counters.payloadFramesRepeated += 1
        return
      }
      const { envelope } = this.#broadcasts.open(bytes)
      const before = counters.delivered
      this.#feed({ kind: 'broadcastReceived', from: session.peer.node, envelope, bytes })
      if (counters.delivered === before) counters.payloadFramesRepeated += 1
    } catch (error) {
      if (!isBorgError(error)) throw error
      counters.broadcastsRefused += 1
      // Every member checks before it passes on, so only its age may be none of the neighbour's fault.
      const isTheirs = error.blame === 'peer'
      const level = isTheirs ? 'warn' : 'debug'
      this.#modules.logger[level]('a broadcast was refused', { peer: session.peer.node, error: error.code })
      if (isTheirs) session.abort(error)
    }
  }

  #tickLater(): void {
    this.#cancelTick = this.#modules.timers.after(limits.tree.tickMs, () => {
      this.#feed({ kind: 'tick' })
      if (!this.#stopping) this.#tickLater()
    })
  }

  /** Gives the core one event after another: what an effect causes waits until the effects before it are done. */
  #feed(event: TreeEvent): void {
    this.#events.push(event)
    if (this.#stepping || this.#state === undefined) return
    this.#stepping = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of step(this.#state, next, this.#now())) this.#do(effect)
      }
    } finally {
      this.#stepping = false
    }
  }

  #do(effect: TreeEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#sessions.get(effect.to)?.sendTree(effect.message)
        return
      case 'forward':
        this.#forward(effect.to, effect.bytes)
        return
      case 'deliver':
        this.#counters.delivered += 1
        this.#broadcasts.deliver(effect.envelope)
        return
      case 'dial':
        void this.#dial(effect)
        return
      case 'hangUp':
        this.#hangUp(effect.node, effect.why)
        return
      case 'positionChanged':
        for (const listener of this.#positionListeners) listener(this.position())
        return
      case 'memberChanged':
        this.#addressBook?.changed(() => this.members(), this.self)
        for (const listener of this.#memberListeners) listener(this.#onWallClock(effect.member))
        return
      case 'turnedAway':
        this.#modules.logger.warn(
          `the network has no room for this node: its operator has ${limits.tree.membersPerOperator} others up, or the directory is full`,
          { peer: effect.by },
        )
        return
      case 'ignored':
        this.#modules.logger.debug('a peer was ignored', { peer: effect.from, reason: effect.reason })
        return
    }
  }

  #forward(to: readonly NodeId[], bytes: Uint8Array): void {
    for (const node of to) {
      const session = this.#sessions.get(node)
      if (session === undefined) continue
      session.sendBroadcast(bytes)
      this.#counters.payloadFramesSent += 1
    }
  }

  async #dial({ dial, node, addresses, withinMs }: Extract<TreeEffect, { kind: 'dial' }>): Promise<void> {
    try {
      const session = await withTimeout(this.#modules.timers, withinMs, undefined, (signal) =>
        this.#sessions.connect(node, addresses, signal),
      )
      this.#feed({ kind: 'dialed', dial, node: session.peer.node })
    } catch (error) {
      this.#modules.logger.debug('a dial failed', { peer: node ?? addresses, error: messageOf(error) })
      this.#feed({ kind: 'dialFailed', dial })
    }
  }

  #hangUp(node: NodeId, why: 'idle' | 'lost' | 'abuse' | 'expired'): void {
    const session = this.#sessions.get(node)
    if (session === undefined) return
    if (why === 'abuse') session.abort(misbehaved('the peer abused the tree'))
    else if (why === 'expired') session.abort(refused('the peer is no member any more'))
    else if (why === 'lost') session.abort(closed('the peer fell silent'))
    else if (!session.isBusy) void session.close('idle')
  }

  #about(): SelfDescription {
    const { place, release, services } = this.#options
    return { place, release, services, addresses: this.addresses().slice(0, limits.tree.maxAddresses) }
  }

  #opening() {
    const { timers, logger } = this.#modules
    return { timers, logger, services: this.#services, buffers: this.#buffers }
  }

  #now(): Moment {
    return { monotonicMs: this.#modules.clock.monotonicMs(), timeOfDayMs: this.#modules.clock.nowMs() }
  }

  /** The core counts in monotonic time; people and rooms want the time of day. */
  #onWallClock(member: Member): Member {
    const { clock } = this.#modules
    return { ...member, sinceMs: clock.nowMs() - (clock.monotonicMs() - member.sinceMs) }
  }
}
