/**
 * Bytes put together from pieces of any size. Memory grows with what really came: not with the number of pieces, nor with the network
 * buffers they are views of.
 */
export class GrowingBuffer {
  #buffer: Uint8Array = new Uint8Array(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A view of everything so far: use it before the next `append`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length))
      grown.set(this.bytes)
      this.#buffer = grown
    }
    this.#buffer.set(piece, this.#length)
    this.#length = needed
  }
}
