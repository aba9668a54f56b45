import { limits } from '@borgios/core'
import { GrowingBuffer } from '../engine/growing-buffer.ts'
import { misbehaved } from '../errors.ts'

const LENGTH_BYTES = 4

/**
 * Reads frames out of a byte stream. One that comes whole is a view of its chunk; one that comes in pieces is put together in one
 * buffer, which grows as they come: what the peer announces costs nothing by itself.
 */
export class FrameReader {
  /** Most bytes of a frame, its kind included; a peer that was let in may send more. */
  maxFrameBytes: number = limits.peertree.maxHelloBytes
  #begun: GrowingBuffer | undefined

  /** Whether it stands between two frames. */
  get isBetween(): boolean {
    return this.#begun === undefined
  }

  /**
   * Takes bytes from the front of a chunk up to the end of a frame: says how many, and which frame they completed, kind byte first.
   * Throws PEERTREE_MISBEHAVED.
   */
  take(chunk: Uint8Array): { readonly consumed: number; readonly frame: Uint8Array | undefined } {
    if (this.#begun === undefined) {
      const whole = this.#wholeBytes(chunk)
      if (whole <= chunk.length) return { consumed: whole, frame: chunk.subarray(LENGTH_BYTES, whole) }
    }
    const begun = this.#begun ?? new GrowingBuffer()
    this.#begun = begun
    let consumed = 0
    while (consumed < chunk.length) {
      const piece = chunk.subarray(consumed, consumed + this.#wholeBytes(begun.bytes) - begun.length)
      begun.append(piece)
      consumed += piece.length
      if (begun.length < this.#wholeBytes(begun.bytes)) continue
      this.#begun = undefined
      return { consumed, frame: begun.bytes.subarray(LENGTH_BYTES) }
    }
    return { consumed, frame: undefined }
  }

  /** How many bytes the frame that begins here has; just beyond its length while that is not whole. */
  #wholeBytes(bytes: Uint8Array): number {
    if (bytes.length < LENGTH_BYTES) return LENGTH_BYTES + 1
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    if (length < 1 || length > this.maxFrameBytes) throw misbehaved(`the peer announced a frame of ${length} bytes`)
    return LENGTH_BYTES + length
  }
}
