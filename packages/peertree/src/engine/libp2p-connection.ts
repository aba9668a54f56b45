import { limits, type NodeId } from '@borgios/core'
import type { Connection as Libp2pRawConnection } from '@libp2p/interface'
import { closed, unreachable } from '../errors.ts'
import type { ByteStream, Connection } from './engine.ts'
import { Libp2pStream } from './libp2p-stream.ts'

/** A libp2p connection as our {@link Connection}. */
export class Libp2pConnection implements Connection {
  readonly remote: NodeId
  readonly #raw: Libp2pRawConnection
  readonly #closeListeners: (() => void)[] = []
  #over = false

  constructor(raw: Libp2pRawConnection, remote: NodeId) {
    this.#raw = raw
    this.remote = remote
    raw.addEventListener('close', () => {
      this.#over = true
      for (const listener of this.#closeListeners.splice(0)) listener()
    })
  }

  get direction(): 'inbound' | 'outbound' {
    return this.#raw.direction
  }

  get remoteAddress(): string {
    return this.#raw.remoteAddr.toString()
  }

  async openStream(protocol: string, signal: AbortSignal): Promise<ByteStream> {
    try {
      const stream = await this.#raw.newStream(protocol, {
        signal,
        maxOutboundStreams: limits.peertree.maxStreamsPerSession,
      })
      return new Libp2pStream(stream)
    } catch (cause) {
      signal.throwIfAborted()
      throw unreachable('the peer did not take a new stream', { node: this.remote }, cause)
    }
  }

  async close(): Promise<void> {
    try {
      await this.#raw.close()
    } catch {
      this.abort(closed('the connection did not close in peace'))
    }
  }

  abort(reason: Error): void {
    this.#raw.abort(reason)
  }

  onClose(listener: () => void): void {
    if (this.#over || this.#raw.status !== 'open') setImmediate(listener)
    else this.#closeListeners.push(listener)
  }
}
