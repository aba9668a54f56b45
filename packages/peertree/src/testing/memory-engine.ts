import type { NodeId } from '@borgios/core'
import type { Connection, Engine, EngineEvents } from '../engine/engine.ts'
import { unreachable } from '../errors.ts'
import { MemoryConnection } from './memory-connection.ts'

/** A network inside one process: which engine listens where. */
export class MemoryNet {
  readonly #listening = new Map<string, MemoryEngine>()

  listen(address: string, engine: MemoryEngine): void {
    this.#listening.set(address, engine)
  }

  leave(address: string): void {
    this.#listening.delete(address)
  }

  at(address: string): MemoryEngine | undefined {
    return this.#listening.get(address)
  }
}

/** An {@link Engine} without sockets or keys, for tests: it believes who a node says it is. */
export class MemoryEngine implements Engine {
  readonly self: NodeId
  readonly #net: MemoryNet
  readonly #address: string
  readonly #connections = new Set<MemoryConnection>()
  #events: EngineEvents | undefined

  constructor(net: MemoryNet, self: NodeId) {
    this.#net = net
    this.self = self
    this.#address = `/memory/${self}`
  }

  start(events: EngineEvents): Promise<void> {
    this.#events = events
    this.#net.listen(this.#address, this)
    return Promise.resolve()
  }

  addresses(): readonly string[] {
    return [this.#address]
  }

  async dial(addresses: readonly string[], expected: NodeId | undefined, signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted()
    await new Promise(setImmediate)
    for (const address of addresses) {
      const there = this.#net.at(address)
      if (there === undefined || there === this) continue
      if (expected !== undefined && there.self !== expected) continue
      return there.accept(this)
    }
    throw unreachable('cannot reach the peer: none of its addresses answers', { addresses })
  }

  stop(): Promise<void> {
    this.#net.leave(this.#address)
    for (const connection of [...this.#connections]) connection.end()
    return Promise.resolve()
  }

  /** Another engine connects: returns its end. */
  accept(from: MemoryEngine): MemoryConnection {
    const [near, far] = MemoryConnection.pair(
      { remote: from.self, address: from.#address, onStream: (...args) => this.#events?.onStream(...args) },
      { remote: this.self, address: this.#address, onStream: (...args) => from.#events?.onStream(...args) },
    )
    this.#track(near)
    from.#track(far)
    setImmediate(() => this.#events?.onConnection(near))
    return far
  }

  #track(connection: MemoryConnection): void {
    this.#connections.add(connection)
    connection.onClose(() => this.#connections.delete(connection))
  }
}
