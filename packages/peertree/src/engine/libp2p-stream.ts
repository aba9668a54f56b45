import { assert, messageOf } from '@borgios/core'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { closed } from '../errors.ts'
import type { ByteStream, ByteStreamListener } from './engine.ts'
import { HeldPieces } from './held-pieces.ts'

/** How the multiplexer hands over what came: what every libp2p stream has, but its interface does not name. */
interface Receiving {
  onData(data: StreamMessageEvent['data']): void
}

/**
 * A libp2p stream as a {@link ByteStream}. It uses `message` events with pause and resume, since reading it as an iterable has
 * no backpressure, and the `drain` event, since `onDrain()` only waits the first time.
 */
export class Libp2pStream implements ByteStream {
  readonly #stream: Stream
  #listener: ByteStreamListener | undefined
  /** What came while paused. */
  readonly #held = new HeldPieces()
  #paused = false
  #delivering = false
  /** The other side really ended; libp2p's `end` event alone also comes when the connection just broke. */
  #finished = false
  #readToEnd = false
  #endTold = false
  #over = false
  #closeTold = false
  #ended = false

  constructor(stream: Stream) {
    this.#stream = stream
  }

  listen(listener: ByteStreamListener): void {
    assert(this.#listener === undefined, 'a stream has one listener')
    this.#listener = listener
    const stream = this.#stream
    stream.addEventListener('drain', () => {
      // Before the listener's next write libp2p has to send what it holds itself, which it does in a microtask.
      setImmediate(() => {
        if (!this.#over && !stream.writableNeedsDrain) listener.onDrain()
      })
    })
    stream.addEventListener('remoteCloseWrite', () => {
      this.#finished = true
    })
    stream.addEventListener('end', () => {
      this.#readToEnd = true
      this.#settle()
    })
    stream.addEventListener('close', (event) => {
      this.#over = true
      if (event.error !== undefined) this.#drop()
      this.#settle()
    })
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      this.#hold(data)
      this.#settle()
    })
    this.#holdWhilePaused()
    if (stream.status !== 'open' && stream.status !== 'closing') {
      this.#over = true
      setImmediate(() => this.#settle())
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#over) throw closed('the stream is closed')
    try {
      return this.#stream.send(bytes)
    } catch (cause) {
      throw closed(`the stream is closed: ${messageOf(cause)}`, {}, cause)
    }
  }

  pause(): void {
    this.#paused = true
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    setImmediate(() => this.#settle())
  }

  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    await this.#stream.close()
  }

  abort(reason: Error): void {
    this.#ended = true
    this.#drop()
    this.#stream.abort(reason)
  }

  /** libp2p would keep what comes while it is paused, too, but each piece by itself: a peer that sends single bytes fills the memory. */
  #holdWhilePaused(): void {
    const stream = this.#stream
    assert('onData' in stream && typeof stream.onData === 'function', 'libp2p streams are handed what came by onData')
    const receiving = stream as Stream & Receiving
    const pass = receiving.onData.bind(stream)
    receiving.onData = (data) => {
      if (stream.readStatus === 'paused') this.#hold(data)
      else pass(data)
    }
  }

  #hold(data: StreamMessageEvent['data']): void {
    if (data instanceof Uint8Array) this.#held.push(data)
    else for (const piece of data) this.#held.push(piece)
  }

  /** Delivers what may be delivered now: held pieces, then the end, then the close. */
  #settle(): void {
    if (this.#delivering) return
    this.#delivering = true
    try {
      this.#deliver()
    } finally {
      this.#delivering = false
    }
  }

  #deliver(): void {
    const listener = this.#listener
    assert(listener !== undefined, 'a stream is listened to before it delivers')
    for (;;) {
      if (this.#paused) return
      const piece = this.#held.shift()
      if (piece !== undefined) {
        listener.onData(piece)
        continue
      }
      if (this.#stream.readStatus !== 'paused') break
      this.#unpause()
      if (this.#held.isEmpty) break
    }
    if (this.#finished && this.#readToEnd && !this.#endTold) {
      this.#endTold = true
      listener.onEnd()
    }
    if (this.#over && !this.#closeTold) {
      this.#closeTold = true
      listener.onClose()
    }
  }

  /** Lets libp2p deliver again; its own buffer arrives synchronously, through the `message` event. */
  #unpause(): void {
    try {
      this.#stream.resume()
    } catch {
      // The connection is gone, so the window update cannot be sent; what was buffered has been delivered all the same.
    }
  }

  /** After a reset nothing more is delivered. */
  #drop(): void {
    this.#held.clear()
    this.#paused = false
  }
}
