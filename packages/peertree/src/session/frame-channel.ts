import { assert, isBorgError, limits, type Timers } from '@borgios/core'
import type { FrameKind } from '@borgios/protocol'
import type { ByteStream } from '../engine/engine.ts'
import { tooSlow } from '../errors.ts'
import { FrameReader } from './frame-reader.ts'

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
  readonly #timers: Timers
  #listener: FrameListener
  #outbox: Uint8Array[] = []
  #outboxBytes = 0
  #writable = true
  readonly #reader = new FrameReader()
  /** The rest of a chunk that came before a pause. */
  #unread: Uint8Array[] = []
  #cancelDeadline: (() => void) | undefined
  #paused = false
  #parsing = false
  #yielding = false
  /** Frames and their bytes until others get their turn. */
  #turnFrames: number = limits.peertree.framesPerTurn
  #turnBytes: number = limits.peertree.frameBytesPerTurn
  #peerEnded = false
  #over = false

  /** Until `handOver` it takes no frame larger than a hello. */
  constructor(stream: ByteStream, timers: Timers, listener: FrameListener) {
    this.#stream = stream
    this.#timers = timers
    this.#listener = listener
    stream.listen({
      onData: (chunk) => {
        this.#unread.push(chunk)
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

  /** The peer was let in: hands later frames, which may have so many bytes, to someone else. */
  handOver(maxFrameBytes: number, listener: FrameListener): void {
    this.#reader.maxFrameBytes = maxFrameBytes
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
      this.#turnFrames = limits.peertree.framesPerTurn
      this.#turnBytes = limits.peertree.frameBytesPerTurn
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
        this.#watchBegun()
        if (frame === undefined) break
        this.#listener.onFrame(frame[0] ?? 0, frame.subarray(1))
        this.#turnFrames -= 1
        this.#turnBytes -= frame.length
        if (this.#turnFrames === 0 || this.#turnBytes <= 0) this.#continueLater()
      }
    } finally {
      this.#parsing = false
    }
    if (this.#peerEnded && !this.#paused && !this.#yielding) this.#finish(undefined)
  }

  /** The next whole frame, kind byte first; undefined until there is one. */
  #nextFrame(): Uint8Array | undefined {
    try {
      for (let chunk = this.#unread[0]; chunk !== undefined; chunk = this.#unread[0]) {
        const { consumed, frame } = this.#reader.take(chunk)
        if (consumed === chunk.length) this.#unread.shift()
        else this.#unread[0] = chunk.subarray(consumed)
        if (frame !== undefined) return frame
      }
    } catch (error) {
      if (!isBorgError(error)) throw error
      this.abort(error)
    }
    return undefined
  }

  /** A begun frame must end in time: what came of it is kept meanwhile. */
  #watchBegun(): void {
    if (this.#reader.isBetween || this.#over) {
      this.#cancelDeadline?.()
      this.#cancelDeadline = undefined
      return
    }
    this.#cancelDeadline ??= this.#timers.after(limits.peertree.frameTimeoutMs, () => {
      this.abort(tooSlow('the peer did not end a frame it began; it is hung up'))
    })
  }

  #finish(reason: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#outbox = []
    this.#unread = []
    this.#watchBegun()
    this.#listener.onEnd(reason)
  }
}
