/** Reads a source of chunks in portions of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #ended = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** Whether more bytes come; waits until it is known. */
  async hasMore(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await this.#source.next()
      if (next.done) this.#ended = true
      else this.#rest = next.value
    }
    return this.#rest.length > 0
  }

  /** Fills `target` from its start, as far as the source goes; returns how many bytes there are. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0
    while (filled < target.length && (await this.hasMore())) {
      const part = this.#rest.subarray(0, target.length - filled)
      target.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    return filled
  }

  /** Tells the source that nothing more is read. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#source.return?.()
    this.#ended = true
  }
}
