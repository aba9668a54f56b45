import { assert, limits } from '@borgios/core'
import type { FrameKind } from '@borgios/protocol'
import type { ByteStream } from '../engine/engine.ts'
import { misbehaved, tooSlow } from '../errors.ts'

const LENGTH_BYTES = 4
const HEADER_BYTES = LENGTH_BYTES + 1

export interface FrameListener {
  /** `kind` is any byte: it comes from the peer. The payload is a view into a larger buffer: copy it to keep it. */
  onFrame(kind: number, payload: Uint8Array): void
  /** Once, when nothing more will come: with a reason if the peer broke the protocol or was too slow. */
  onEnd(reason: Error | undefined): void
}

/**
 * Frames over one byte stream. Sending never waits: what a slow peer does not take is kept up to
 * `limits.peertree.maxOutboxBytes`, beyond that the channel ends. Receiving handles a few frames per turn of the event loop and
 * holds the sender back meanwhile.
 */
export class FrameChannel {
  readonly #stream: ByteStream
  #listener: FrameListener
  #outbox: Uint8Array[] = []
  #outboxBytes = 0
  #writable = true
  #unread: Uint8Array[] = []
  #unreadBytes = 0
  #paused = false
  #parsing = false
  #yielding = false
  /** Frames until others get their turn. */
  #budget: number = limits.peertree.framesPerTurn
  #peerEnded = false
  #over = false

  constructor(stream: ByteStream, listener: FrameListener) {
    this.#stream = stream
    this.#listener = listener
    stream.listen({
      onData: (chunk) => {
        this.#unread.push(chunk)
        this.#unreadBytes += chunk.length
        this.#parse()
      },
      onDrain: () => this.#flush(),
      onEnd: () => {
        this.#peerEnded = true
        this.#parse()
      },
      onClose: () => this.#finish(undefined),
    })
  }

  get isOpen(): boolean {
    return !this.#over
  }

  /** Hands later frames to someone else. */
  handOver(listener: FrameListener): void {
    this.#listener = listener
  }

  /** Delivers no frame until `resume`. */
  pause(): void {
    this.#paused = true
    if (!this.#over) this.#stream.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#continueLater()
  }

  /** Sends a frame, or keeps it until there is room. Silently nothing when the channel is over: its owner is told. */
  send(kind: FrameKind, payload: Uint8Array): void {
    if (this.#over) return
    assert(
      payload.length + 1 <= limits.peertree.maxFrameBytes,
      'a frame is checked against the limit before it is sent',
    )
    const frame = new Uint8Array(HEADER_BYTES + payload.length)
    new DataView(frame.buffer).setUint32(0, payload.length + 1)
    frame[LENGTH_BYTES] = kind
    frame.set(payload, HEADER_BYTES)
    if (this.#writable) {
      this.#write(frame)
      return
    }
    this.#outbox.push(frame)
    this.#outboxBytes += frame.length
    if (this.#outboxBytes > limits.peertree.maxOutboxBytes) {
      this.abort(tooSlow('the peer takes frames slower than they come; it is hung up'))
    }
  }

  /** Ends our direction once everything sent is handed over. Never rejects. */
  async end(): Promise<void> {
    if (this.#over) return
    for (const frame of this.#outbox.splice(0)) this.#write(frame)
    try {
      await this.#stream.end()
    } catch {
      // The stream closed first: then there is nobody to hand anything over to.
    }
  }

  /** Ends both directions at once and tells the listener. */
  abort(reason: Error): void {
    if (this.#over) return
    this.#stream.abort(reason)
    this.#finish(reason)
  }

  #write(frame: Uint8Array): void {
    try {
      this.#writable = this.#stream.write(frame)
    } catch {
      // It closes just now; `onClose` follows.
      this.#writable = false
    }
  }

  #flush(): void {
    this.#writable = true
    while (this.#writable) {
      const frame = this.#outbox.shift()
      if (frame === undefined) return
      this.#outboxBytes -= frame.length
      this.#write(frame)
    }
  }

  /** Goes on in a later turn; until then the peer is held back. */
  #continueLater(): void {
    if (this.#yielding || this.#over) return
    this.#yielding = true
    this.#stream.pause()
    setImmediate(() => {
      this.#yielding = false
      this.#budget = limits.peertree.framesPerTurn
      this.#parse()
      if (!this.#paused && !this.#yielding && !this.#over) this.#stream.resume()
    })
  }

  #parse(): void {
    if (this.#parsing) return
    this.#parsing = true
    try {
      while (!this.#over && !this.#paused && !this.#yielding) {
        const frame = this.#nextFrame()
        if (frame === undefined) break
        this.#listener.onFrame(frame[0] ?? 0, frame.subarray(1))
        this.#budget -= 1
        if (this.#budget === 0) this.#continueLater()
      }
    } finally {
      this.#parsing = false
    }
    if (this.#peerEnded && !this.#paused && !this.#yielding) this.#finish(undefined)
  }

  /** The next whole frame, kind byte first; undefined until there is one. */
  #nextFrame(): Uint8Array | undefined {
    if (this.#unreadBytes < HEADER_BYTES) return undefined
    const header = this.#contiguous(LENGTH_BYTES)
    const length = new DataView(header.buffer, header.byteOffset).getUint32(0)
    if (length < 1 || length > limits.peertree.maxFrameBytes) {
      this.abort(misbehaved(`the peer announced a frame of ${length} bytes`))
      return undefined
    }
    if (this.#unreadBytes < LENGTH_BYTES + length) return undefined
    const whole = this.#contiguous(LENGTH_BYTES + length)
    const frame = whole.subarray(LENGTH_BYTES, LENGTH_BYTES + length)
    this.#consume(LENGTH_BYTES + length)
    return frame
  }

  /** Makes the first chunk hold at least so many bytes, joining chunks only where a frame crosses them. */
  #contiguous(length: number): Uint8Array {
    const [first] = this.#unread
    assert(first !== undefined && this.#unreadBytes >= length, 'there are as many bytes as asked for')
    if (first.length >= length) return first
    const joined: Uint8Array = Buffer.concat(this.#unread)
    this.#unread = [joined]
    return joined
  }

  #consume(length: number): void {
    const [first] = this.#unread
    assert(first !== undefined && first.length >= length, 'a frame is consumed from the first chunk')
    this.#unreadBytes -= length
    if (first.length === length) this.#unread.shift()
    else this.#unread[0] = first.subarray(length)
  }

  #finish(reason: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#outbox = []
    this.#unread = []
    this.#listener.onEnd(reason)
  }
}
