import type { NodeId } from '@borgios/core'
import type { ByteStream, Connection } from '../engine/engine.ts'
import { closed, unreachable } from '../errors.ts'
import { MemoryStream } from './memory-stream.ts'

interface EndOptions {
  readonly remote: NodeId
  readonly address: string
  onStream(connection: Connection, protocol: string, stream: ByteStream): void
}

/** One end of a connection inside one process. */
export class MemoryConnection implements Connection {
  readonly direction: 'inbound' | 'outbound'
  readonly #options: EndOptions
  readonly #streams = new Set<MemoryStream>()
  readonly #closeListeners: (() => void)[] = []
  #peer: MemoryConnection | undefined
  #over = false

  private constructor(direction: 'inbound' | 'outbound', options: EndOptions) {
    this.direction = direction
    this.#options = options
  }

  /** Both ends: the accepting one and the dialing one. */
  static pair(inbound: EndOptions, outbound: EndOptions): readonly [MemoryConnection, MemoryConnection] {
    const near = new MemoryConnection('inbound', inbound)
    const far = new MemoryConnection('outbound', outbound)
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  get remote(): NodeId {
    return this.#options.remote
  }

  get remoteAddress(): string {
    return this.#options.address
  }

  async openStream(protocol: string, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted()
    await new Promise(setImmediate)
    const peer = this.#peer
    if (this.#over || peer === undefined) throw unreachable('the peer did not take a new stream')
    const [near, far] = MemoryStream.pair()
    this.#streams.add(near)
    peer.#streams.add(far)
    peer.#options.onStream(peer, protocol, far)
    return near
  }

  close(): Promise<void> {
    setImmediate(() => this.end())
    return Promise.resolve()
  }

  abort(_reason: Error): void {
    this.end()
  }

  /** Ends both sides, as a broken wire would. */
  end(): void {
    if (this.#over) return
    this.#over = true
    for (const stream of this.#streams) stream.abort(closed('the connection is over'))
    this.#streams.clear()
    for (const listener of this.#closeListeners.splice(0)) setImmediate(listener)
    setImmediate(() => this.#peer?.end())
  }

  onClose(listener: () => void): void {
    if (this.#over) setImmediate(listener)
    else this.#closeListeners.push(listener)
  }
}
