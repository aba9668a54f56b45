import type { ByteStream, ByteStreamListener, Connection, Engine, EngineEvents } from '@borgios/peertree'

/** What goes on the wire instead of one write: a frame of the control stream is one. */
export type Tamper = (bytes: Uint8Array) => readonly Uint8Array[]

/** A real engine whose owner lies: it changes, repeats or leaves out what the node above it sends. */
export class TamperingEngine implements Engine {
  readonly #engine: Engine
  #closedConnections = 0
  /** Honest until a test sets it. */
  tamper: Tamper = (bytes) => [bytes]

  constructor(engine: Engine) {
    this.#engine = engine
  }

  start(events: EngineEvents): Promise<void> {
    return this.#engine.start({
      onConnection: (connection) => events.onConnection(this.#wrap(connection)),
      onStream: (connection, protocol, stream) =>
        events.onStream(this.#wrap(connection), protocol, this.#lying(stream)),
    })
  }

  /** How many of its connections are over by now. */
  get closedConnections(): number {
    return this.#closedConnections
  }

  addresses = (): readonly string[] => this.#engine.addresses()
  stop = (): Promise<void> => this.#engine.stop()

  async dial(...words: Parameters<Engine['dial']>): Promise<Connection> {
    return this.#wrap(await this.#engine.dial(...words))
  }

  readonly #wrapped = new WeakMap<Connection, Connection>()

  /** The same object for the same connection: the node above compares them. */
  #wrap(connection: Connection): Connection {
    const known = this.#wrapped.get(connection)
    if (known !== undefined) return known
    const wrapped: Connection = {
      remote: connection.remote,
      direction: connection.direction,
      remoteAddress: connection.remoteAddress,
      openStream: async (...words) => this.#lying(await connection.openStream(...words)),
      close: () => connection.close(),
      abort: (reason) => connection.abort(reason),
      onClose: (listener) => connection.onClose(listener),
    }
    this.#wrapped.set(connection, wrapped)
    connection.onClose(() => {
      this.#closedConnections += 1
    })
    return wrapped
  }

  #lying(stream: ByteStream): ByteStream {
    return {
      listen: (listener: ByteStreamListener) => stream.listen(listener),
      write: (bytes) => this.tamper(bytes).reduce((_, piece) => stream.write(piece), true),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      end: () => stream.end(),
      abort: (reason) => stream.abort(reason),
    }
  }
}
