import type { NodeId } from '@borgios/core'

/** What happens on a byte stream. All calls come from the event loop, none from inside a call to the stream. */
export interface ByteStreamListener {
  /** The next bytes, never empty, never while paused. They belong to the listener. */
  onData(chunk: Uint8Array): void
  /** After `write` said false: there is room again. */
  onDrain(): void
  /** The other side ended its direction and everything it sent has been delivered. */
  onEnd(): void
  /**
   * Both directions are over, the last call of all. Without an `onEnd` before it the other side did not finish: it reset the
   * stream or is gone.
   */
  onClose(): void
}

/** A bidirectional stream of bytes to one node, with backpressure in both directions. */
export interface ByteStream {
  /** Must be called once, in the same turn in which the stream was handed over. */
  listen(listener: ByteStreamListener): void
  /**
   * Takes bytes over; they must not change any more. False: wait for `onDrain` before the next ones. Throws
   * PEERTREE_CLOSED after `end`, `abort` or `onClose`.
   */
  write(bytes: Uint8Array): boolean
  /** Delivers nothing until `resume`: the sender is held back once its window is used up. */
  pause(): void
  resume(): void
  /** Ends this direction; resolves when what was written is handed over. Rejects if the stream closes first. */
  end(): Promise<void>
  /** Resets both directions; unsent bytes are lost. Harmless when closed. */
  abort(reason: Error): void
}

/** An encrypted connection to a node that proved its id. */
export interface Connection {
  readonly remote: NodeId
  readonly direction: 'inbound' | 'outbound'
  /** Where the other end is, as a multiaddr. */
  readonly remoteAddress: string
  /** Opens a stream of one of the engine's protocols. Throws PEERTREE_UNREACHABLE or the signal's reason. */
  openStream(protocol: string, signal: AbortSignal): Promise<ByteStream>
  /** Ends it after handing over what was written, within `limits.peertree.closeTimeoutMs`. Never rejects. */
  close(): Promise<void>
  /** Ends it at once. Harmless when closed. */
  abort(reason: Error): void
  /** Calls back once when the connection is over, also if it already is. */
  onClose(listener: () => void): void
}

export interface EngineEvents {
  /** Another node connected to us. */
  onConnection(connection: Connection): void
  /** The other end of a connection, whoever dialed it, opened a stream: call `listen` at once. */
  onStream(connection: Connection, protocol: string, stream: ByteStream): void
}

/** What carries bytes between nodes. It knows keys and addresses, but neither members nor the tree. */
export interface Engine {
  /** Starts listening. Throws PEERTREE_LISTEN_FAILED. */
  start(events: EngineEvents): Promise<void>
  /** Where this node listens: multiaddrs that carry its id. */
  addresses(): readonly string[]
  /**
   * Connects to the first address that answers as `expected`, or as anyone if that is undefined. Always a new connection.
   * Throws PEERTREE_UNREACHABLE, PEERTREE_TIMEOUT if some address did not answer in time, or the signal's reason.
   */
  dial(addresses: readonly string[], expected: NodeId | undefined, signal: AbortSignal): Promise<Connection>
  /** Closes everything. */
  stop(): Promise<void>
}
