import { type Clock, isBorgError, type Logger, limits, messageOf, type NodeId } from '@borgios/core'
import { BULK_PROTOCOL, CONTROL_PROTOCOL } from '@borgios/protocol'
import { withTimeout } from '../deadline.ts'
import type { ByteStream, Connection, Engine } from '../engine/engine.ts'
import { hostOf } from '../engine/pending-gate.ts'
import { closed, exhausted, misbehaved, unreachable } from '../errors.ts'
import { survivor } from './crossing.ts'
import {
  type Admitted,
  DuplicateSession,
  greet,
  type HandshakeModules,
  receive,
  refuse,
  turnAway,
  welcome,
} from './handshake.ts'
import type { Services } from './services.ts'
import { Session, type SessionListener } from './session.ts'

export interface SessionsListener extends Omit<SessionListener, 'onClosed'> {
  onOpened(session: Session): void
  /** The node has no session any more, or a new one of which `onOpened` tells next. */
  onClosed(session: Session): void
}

export interface SessionsModules extends HandshakeModules {
  readonly self: NodeId
  readonly engine: Engine
  readonly clock: Clock
  readonly logger: Logger
  readonly services: Services
  readonly listener: SessionsListener
}

/** A dial under way, and how many wait for it: when the last one gives up, so does the dial. */
interface Dialing {
  readonly session: Promise<Session>
  readonly abandon: AbortController
  waiting: number
}

/** Every session of this node: at most one per peer. Dials on demand, answers hellos, keeps what is in use, closes the rest. */
export class Sessions {
  readonly #modules: SessionsModules
  readonly #byNode = new Map<NodeId, Session>()
  readonly #byConnection = new WeakMap<Connection, Session>()
  /** Inbound connections that have not been admitted yet, and whether their control stream is here. */
  readonly #pending = new Map<Connection, 'silent' | 'greeting'>()
  readonly #dialing = new Map<string, Dialing>()
  readonly #awaited = new Map<NodeId, Set<(session: Session) => void>>()
  #stopped = false
  #barredBy: NodeId | undefined

  constructor(modules: SessionsModules) {
    this.#modules = modules
  }

  async start(): Promise<void> {
    await this.#modules.engine.start({
      onConnection: (connection) => this.#onConnection(connection),
      onStream: (connection, protocol, stream) => this.#onStream(connection, protocol, stream),
    })
    this.#sweepLater()
  }

  get(node: NodeId): Session | undefined {
    return this.#byNode.get(node)
  }

  all(): readonly Session[] {
    return [...this.#byNode.values()]
  }

  /** A node that said this one is a member no more, while none has a session with it as a member: what it says of itself may be out of date. */
  get barredBy(): NodeId | undefined {
    return this.#barredBy
  }

  /**
   * The session with a node, dialed if there is none. `node` undefined: whoever answers. Throws PEERTREE_UNREACHABLE,
   * PEERTREE_REFUSED, PEERTREE_BARRED, PEERTREE_MISBEHAVED, PEERTREE_TIMEOUT, PEERTREE_CLOSED or the signal's reason.
   */
  async connect(node: NodeId | undefined, addresses: readonly string[], signal?: AbortSignal): Promise<Session> {
    const standing = node === undefined ? undefined : this.#byNode.get(node)
    if (standing !== undefined) return standing
    const key = node ?? addresses.join(' ')
    const dialing = this.#dialing.get(key) ?? this.#begin(key, node, addresses)
    dialing.waiting += 1
    try {
      return await abortable(dialing.session, signal)
    } finally {
      dialing.waiting -= 1
      if (dialing.waiting === 0 && signal?.aborted === true) this.#abandon(key, dialing, signal.reason)
    }
  }

  /** Ends every session, and what is under way to become one. */
  async closeAll(): Promise<void> {
    this.#barredBy = undefined
    const closing = this.all().map((session) => session.close('stopping'))
    for (const connection of this.#pending.keys()) connection.abort(closed('the node begins anew or stops'))
    await Promise.all(closing)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.closeAll()
    await this.#modules.engine.stop()
  }

  #begin(key: string, node: NodeId | undefined, addresses: readonly string[]): Dialing {
    const abandon = new AbortController()
    const session = this.#dial(node, addresses, abandon.signal).finally(() => this.#forget(key, dialing))
    // Every caller may have gone away by the time it fails.
    session.catch(() => {})
    const dialing: Dialing = { session, abandon, waiting: 0 }
    this.#dialing.set(key, dialing)
    return dialing
  }

  /** Nobody waits any more: who comes now dials anew. */
  #abandon(key: string, dialing: Dialing, reason: unknown): void {
    this.#forget(key, dialing)
    dialing.abandon.abort(reason)
  }

  #forget(key: string, dialing: Dialing): void {
    if (this.#dialing.get(key) === dialing) this.#dialing.delete(key)
  }

  async #dial(node: NodeId | undefined, addresses: readonly string[], abandoned: AbortSignal): Promise<Session> {
    if (this.#stopped) throw closed('the node is stopped')
    if (this.#byNode.size + this.#dialing.size >= limits.peertree.maxConnections) {
      throw exhausted(`the node holds ${this.#byNode.size} sessions; it opens no more now`)
    }
    const { engine, timers } = this.#modules
    const connection = await withTimeout(timers, limits.peertree.handshakeTimeoutMs, abandoned, (signal) =>
      engine.dial(addresses, node, signal),
    )
    if (connection.remote === this.#modules.self) {
      connection.abort(closed('dialed itself'))
      throw unreachable('the address leads back to this node')
    }
    const standing = this.#byNode.get(connection.remote)
    if (standing !== undefined) {
      // The address was one of a peer we hold a session with: a hello would only replace it.
      connection.abort(closed('there is a session with this peer'))
      return standing
    }
    try {
      return this.#settle(await greet(this.#modules, connection, abandoned))
    } catch (error) {
      connection.abort(error instanceof Error ? error : closed('the hello failed'))
      if (error instanceof DuplicateSession) return await this.#sessionOf(connection.remote)
      if (isBorgError(error) && error.code === 'PEERTREE_BARRED') this.#onBarred(connection.remote)
      throw error
    }
  }

  /** Puts a session we dialed in its place, or gives way to the one that is there. */
  #settle(admitted: Admitted): Session {
    const old = this.#byNode.get(admitted.connection.remote)
    if (old !== undefined && this.#survivor(old, 'outbound') === 'old') {
      void turnAway(this.#modules, admitted.channel, admitted.connection)
      return old
    }
    return this.#open(admitted, old)
  }

  #onConnection(connection: Connection): void {
    const { maxPendingConnections, maxPendingPerHost } = limits.peertree
    const isFull = this.#pending.size >= maxPendingConnections || this.#pendingFrom(connection) >= maxPendingPerHost
    if (this.#stopped || isFull) {
      connection.abort(exhausted('too many connections are shaking hands'))
      return
    }
    this.#pending.set(connection, 'silent')
    connection.onClose(() => this.#pending.delete(connection))
    this.#modules.timers.after(limits.peertree.handshakeTimeoutMs, () => {
      if (this.#pending.delete(connection)) connection.abort(misbehaved('the peer did not say hello'))
    })
  }

  /** Connections from the same host that have not been admitted yet. */
  #pendingFrom({ remoteAddress }: Connection): number {
    const host = hostOf(remoteAddress)
    return [...this.#pending.keys()].filter((other) => hostOf(other.remoteAddress) === host).length
  }

  #onStream(connection: Connection, protocol: string, stream: ByteStream): void {
    const session = this.#byConnection.get(connection)
    if (protocol === BULK_PROTOCOL && session !== undefined) {
      session.onStream(stream)
    } else if (protocol === CONTROL_PROTOCOL && this.#pending.get(connection) === 'silent') {
      this.#pending.set(connection, 'greeting')
      void this.#answer(connection, stream)
    } else {
      // Before admission, or a second control stream. Nobody listens; the abort tells the peer only that.
      stream.abort(misbehaved('a stream out of turn'))
    }
  }

  async #answer(connection: Connection, stream: ByteStream): Promise<void> {
    try {
      const { verdict, ...facts } = await receive(this.#modules, connection, stream)
      const role =
        this.#stopped || (verdict === 'guest' && this.#guests() >= limits.peertree.maxGuests) ? 'refused' : verdict
      if (role === 'refused' || role === 'barred') return await refuse(this.#modules, facts.channel, connection, role)
      const old = this.#byNode.get(connection.remote)
      if (old !== undefined && this.#survivor(old, 'inbound') === 'old') {
        return await refuse(this.#modules, facts.channel, connection, 'duplicate')
      }
      welcome(this.#modules, facts.channel, role)
      this.#open({ ...facts, role }, old)
    } catch (error) {
      this.#modules.logger.debug('a hello failed', { peer: connection.remote, error: messageOf(error) })
      connection.abort(error instanceof Error ? error : closed('the hello failed'))
    } finally {
      this.#pending.delete(connection)
    }
  }

  #survivor(old: Session, direction: 'inbound' | 'outbound'): 'old' | 'young' {
    const facts = { direction: old.direction, ageMs: this.#ageMs(old) }
    return survivor(this.#modules.self, old.peer.node, facts, { direction, ageMs: 0 })
  }

  #open(admitted: Admitted, old: Session | undefined): Session {
    const { clock, timers, logger, services, listener } = this.#modules
    const session = new Session(admitted, {
      clock,
      timers,
      logger,
      services,
      listener: {
        onTreeMessage: (from, message) => listener.onTreeMessage(from, message),
        onBroadcast: (from, bytes) => listener.onBroadcast(from, bytes),
        onStream: (from, stream) => listener.onStream(from, stream),
        onClosed: (ended) => this.#onClosed(ended),
      },
    })
    const { node, role } = session.peer
    if (role === 'member') this.#barredBy = undefined
    // The old one is over before the new one is told of.
    if (old !== undefined) void old.close('duplicate', this.#crossed(old, session))
    this.#byNode.set(node, session)
    this.#byConnection.set(admitted.connection, session)
    listener.onOpened(session)
    for (const resolve of this.#awaited.get(node) ?? []) resolve(session)
    session.begin()
    return session
  }

  /** Whether the peer never used the old session: it dialed it, and then answered the one we dialed at the same moment. */
  #crossed(old: Session, young: Session): boolean {
    return (
      old.direction === 'inbound' &&
      young.direction === 'outbound' &&
      this.#ageMs(old) <= limits.peertree.sessionCrossingMs
    )
  }

  #ageMs(session: Session): number {
    return this.#modules.clock.monotonicMs() - session.openedMs
  }

  #onBarred(by: NodeId): void {
    if (!this.all().some(({ peer }) => peer.role === 'member')) this.#barredBy = by
  }

  #onClosed(session: Session): void {
    if (this.#byNode.get(session.peer.node) === session) this.#byNode.delete(session.peer.node)
    this.#modules.listener.onClosed(session)
  }

  /** The session that the peer keeps instead of the one we dialed: here, or about to be. */
  #sessionOf(node: NodeId): Promise<Session> {
    const { promise, resolve } = Promise.withResolvers<Session>()
    const waiting = this.#awaited.get(node) ?? new Set()
    this.#awaited.set(node, waiting.add(resolve))
    const standing = this.#byNode.get(node)
    if (standing !== undefined) resolve(standing)
    return withTimeout(this.#modules.timers, limits.peertree.sessionCrossingMs, undefined, () => promise).finally(
      () => {
        waiting.delete(resolve)
        if (waiting.size === 0) this.#awaited.delete(node)
      },
    )
  }

  #guests(): number {
    return this.all().filter((session) => session.peer.role === 'guest').length
  }

  #sweepLater(): void {
    this.#modules.timers.after(limits.peertree.sessionSweepMs, () => {
      if (this.#stopped) return
      for (const session of this.all()) {
        if (session.isIdleFor(limits.peertree.sessionIdleMs)) void session.close('idle')
      }
      this.#sweepLater()
    })
  }
}

function abortable<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
