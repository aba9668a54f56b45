import { BufferPool, type JsonValue, type LentBytes, limits, parseCanonicalJson } from '@borgios/core'
import { misbehaved } from '../errors.ts'
import type { StreamMessage } from '../peer-network.ts'

/** Lengths of header and payload, u32 big-endian each. */
export const PREFIX_BYTES = 8

/** Buffers for the payloads of all streams of a node. */
export function payloadBuffers(): BufferPool {
  const { maxStreamPayloadBytes, payloadBuffersKept, minKeptPayloadBytes } = limits.peertree
  return new BufferPool({ bufferBytes: maxStreamPayloadBytes, kept: payloadBuffersKept, minBytes: minKeptPayloadBytes })
}

/**
 * Reads messages out of a byte stream: an 8-byte prefix, the header as canonical JSON, the payload. A payload is assembled once,
 * in a buffer of its own, whatever the pieces it comes in.
 */
export class MessageReader {
  #part: 'prefix' | 'header' | 'payload' = 'prefix'
  #buffer: Uint8Array = new Uint8Array(PREFIX_BYTES)
  #filled = 0
  #payloadBytes = 0
  #payload: LentBytes | undefined
  #header: JsonValue = null
  readonly #buffers: BufferPool

  constructor(buffers: BufferPool) {
    this.#buffers = buffers
  }

  /** Whether it stands between two messages. */
  get isBetween(): boolean {
    return this.#part === 'prefix' && this.#filled === 0
  }

  /**
   * Takes bytes from the front of a chunk up to the end of a message: says how many, and which message they completed. Throws
   * PEERTREE_MISBEHAVED.
   */
  take(chunk: Uint8Array): { readonly consumed: number; readonly message: StreamMessage | undefined } {
    let consumed = 0
    while (consumed < chunk.length) {
      const piece = chunk.subarray(consumed, consumed + this.#buffer.length - this.#filled)
      this.#buffer.set(piece, this.#filled)
      this.#filled += piece.length
      consumed += piece.length
      if (this.#filled < this.#buffer.length) break
      const message = this.#complete()
      if (message !== undefined) return { consumed, message }
    }
    return { consumed, message: undefined }
  }

  /** The current part is whole: goes to the next one, or gives the message. */
  #complete(): StreamMessage | undefined {
    const whole = this.#buffer
    if (this.#part === 'prefix') {
      const view = new DataView(whole.buffer, whole.byteOffset)
      const headerBytes = checked(view.getUint32(0), limits.peertree.maxStreamHeaderBytes, 'header')
      this.#begin('header', new Uint8Array(headerBytes))
      this.#payloadBytes = checked(view.getUint32(4), limits.peertree.maxStreamPayloadBytes, 'payload')
      return undefined
    }
    if (this.#part === 'header') {
      this.#header = headerOf(whole)
      if (this.#payloadBytes > 0) {
        const payload = this.#buffers.lend(this.#payloadBytes)
        this.#begin('payload', payload.bytes)
        this.#payload = payload
        return undefined
      }
      this.#begin('prefix', new Uint8Array(PREFIX_BYTES))
      return { header: this.#header, payload: new Uint8Array(0) }
    }
    const payload = this.#payload
    this.#begin('prefix', new Uint8Array(PREFIX_BYTES))
    return { header: this.#header, payload: whole, release: () => payload?.[Symbol.dispose]() }
  }

  #begin(part: 'prefix' | 'header' | 'payload', buffer: Uint8Array): void {
    this.#part = part
    this.#filled = 0
    this.#buffer = buffer
    this.#payload = undefined
  }
}

function checked(length: number, bound: number, what: string): number {
  if (length > bound || (what === 'header' && length === 0)) {
    throw misbehaved(`the peer announced a stream ${what} of ${length} bytes; at most ${bound} are allowed`)
  }
  return length
}

function headerOf(bytes: Uint8Array): JsonValue {
  try {
    return parseCanonicalJson(bytes, limits.core.jsonDepth)
  } catch (cause) {
    throw misbehaved('the peer sent a malformed stream header', {}, cause)
  }
}
