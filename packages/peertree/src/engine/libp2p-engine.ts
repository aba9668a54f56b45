import { assert, isBorgError, limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import type { Connection as RawConnection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { withTimeout } from '../deadline.ts'
import { misbehaved, timedOut, unreachable } from '../errors.ts'
import { dialTargets } from './dial-targets.ts'
import type { Connection, Engine, EngineEvents } from './engine.ts'
import { Libp2pConnection } from './libp2p-connection.ts'
import { libp2pOptions } from './libp2p-options.ts'
import { Libp2pStream } from './libp2p-stream.ts'
import { listenFault } from './listen-fault.ts'
import { toNodeId } from './node-key.ts'

export interface Libp2pEngineOptions {
  /** Multiaddrs such as `/ip4/0.0.0.0/tcp/7400`; port 0 lets the system choose. */
  readonly listen: readonly string[]
  /** The protocols of streams, ours and nobody else's: a stranger sees their names. */
  readonly protocols: readonly string[]
}

export interface Libp2pEngineModules {
  readonly signer: Signer
  readonly timers: Timers
}

/**
 * js-libp2p over TCP, TLS 1.3 and yamux. No identify service: it would tell strangers our addresses; no connection monitor:
 * the tree has its own heartbeat.
 */
export class Libp2pEngine implements Engine {
  readonly #options: Libp2pEngineOptions
  readonly #modules: Libp2pEngineModules
  readonly #connections = new WeakMap<RawConnection, Libp2pConnection>()
  #libp2p: Libp2p | undefined

  constructor(options: Libp2pEngineOptions, modules: Libp2pEngineModules) {
    this.#options = options
    this.#modules = modules
  }

  async start(events: EngineEvents): Promise<void> {
    assert(this.#libp2p === undefined, 'an engine starts once')
    const { listen } = this.#options
    const libp2p = await createLibp2p({ ...libp2pOptions(this.#modules.signer, listen), start: false }).catch(
      (cause) => {
        throw listenFault(listen, cause)
      },
    )
    this.#libp2p = libp2p
    libp2p.addEventListener('connection:open', ({ detail: raw }) => {
      const connection = this.#adopt(raw)
      if (connection !== undefined && raw.direction === 'inbound') events.onConnection(connection)
    })
    libp2p.addEventListener('peer:disconnect', ({ detail: peer }) => {
      // Otherwise the peer store would keep every stranger that ever came by.
      void libp2p.peerStore.delete(peer).catch(() => {})
    })
    for (const protocol of this.#options.protocols) await this.#serve(libp2p, protocol, events)
    try {
      await libp2p.start()
    } catch (cause) {
      // Some of several addresses may have been opened.
      await libp2p.stop()
      throw listenFault(listen, cause)
    }
  }

  addresses(): readonly string[] {
    return this.#started().getMultiaddrs().map(String)
  }

  async dial(addresses: readonly string[], expected: NodeId | undefined, signal: AbortSignal): Promise<Connection> {
    const causes: string[] = []
    let isLate = false
    for (const target of dialTargets(addresses, expected)) {
      try {
        return await this.#dialOne(target, signal)
      } catch (cause) {
        signal.throwIfAborted()
        isLate ||= isBorgError(cause) && cause.kind === 'timeout'
        causes.push(`${target}: ${messageOf(cause)}`)
      }
    }
    const whom = expected ?? 'the peer'
    // A dead process refuses; what says nothing may be frozen, or far away and dark.
    if (isLate) throw timedOut(`cannot reach ${whom}: no answer from its addresses in time`, { addresses, causes })
    const why = causes.length === 0 ? 'none of its addresses can be dialed' : 'none of its addresses answers'
    throw unreachable(`cannot reach ${whom}: ${why}`, { addresses, causes })
  }

  async stop(): Promise<void> {
    await this.#libp2p?.stop()
  }

  async #serve(libp2p: Libp2p, protocol: string, events: EngineEvents): Promise<void> {
    await libp2p.handle(
      protocol,
      (stream, raw) => {
        const connection = this.#adopt(raw)
        if (connection === undefined) stream.abort(misbehaved('the node id of the peer is not an Ed25519 key'))
        else events.onStream(connection, protocol, new Libp2pStream(stream))
      },
      {
        maxInboundStreams: limits.peertree.maxStreamsPerSession,
        maxOutboundStreams: limits.peertree.maxStreamsPerSession,
      },
    )
  }

  async #dialOne(target: string, signal: AbortSignal): Promise<Connection> {
    const raw = await withTimeout(this.#modules.timers, limits.peertree.dialAddressTimeoutMs, signal, (bounded) =>
      this.#started().dial(multiaddr(target), { signal: bounded, force: true }),
    )
    const connection = this.#adopt(raw)
    if (connection === undefined) throw misbehaved('the node id of the peer is not an Ed25519 key')
    return connection
  }

  /** Our face of a libp2p connection; undefined, and the connection ended, if the peer's key is of another kind. */
  #adopt(raw: RawConnection): Libp2pConnection | undefined {
    const known = this.#connections.get(raw)
    if (known !== undefined) return known
    const remote = toNodeId(raw.remotePeer)
    if (remote === undefined) {
      raw.abort(misbehaved('the node id of the peer is not an Ed25519 key'))
      return undefined
    }
    const connection = new Libp2pConnection(raw, remote)
    this.#connections.set(raw, connection)
    return connection
  }

  #started(): Libp2p {
    assert(this.#libp2p !== undefined, 'the engine is started before it is used')
    return this.#libp2p
  }
}
