import { limits, type Timers } from '@borgios/core'

/** Reads a source of chunks in portions of any size. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #timers: Timers
  readonly #signal: AbortSignal
  #rest: Uint8Array = new Uint8Array()
  #pulling: Promise<void> | undefined
  #ended = false

  /** Once the signal aborts, whoever waits for bytes gets its reason. */
  constructor(source: AsyncIterable<Uint8Array>, timers: Timers, signal: AbortSignal) {
    this.#source = source[Symbol.asyncIterator]()
    this.#timers = timers
    this.#signal = signal
  }

  get isAtEnd(): boolean {
    return this.#ended && this.#rest.length === 0
  }

  /** Whether more bytes come; waits until it is known. */
  async hasMore(): Promise<boolean> {
    this.#signal.throwIfAborted()
    while (this.#rest.length === 0 && !this.#ended) {
      // Whoever waited before may have lost patience: the source is asked once at a time.
      this.#pulling ??= this.#pull()
      await unlessAborted(this.#pulling, this.#signal)
    }
    return this.#rest.length > 0
  }

  /**
   * Fills `target` from `filled` on, as far as the source goes and until it makes us wait after `limits.store.fillTimeoutMs`;
   * returns how far it is filled then.
   */
  async fill(target: Uint8Array, filled: number): Promise<number> {
    const { promise: tooLate, resolve } = Promise.withResolvers<false>()
    const cancel = this.#timers.after(limits.store.fillTimeoutMs, () => resolve(false))
    let at = filled
    try {
      while (at < target.length && (await Promise.race([this.hasMore(), tooLate]))) {
        const part = this.#rest.subarray(0, target.length - at)
        target.set(part, at)
        at += part.length
        this.#rest = this.#rest.subarray(part.length)
      }
    } finally {
      cancel()
    }
    return at
  }

  /** Tells the source that nothing more is read. One that makes us wait is not waited for. */
  async close(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    const closed = this.#source.return?.()
    if (this.#pulling === undefined) await closed
    else closed?.catch(() => undefined)
  }

  /** A source that failed stays failed, even if nobody was waiting when it did. */
  async #pull(): Promise<void> {
    const next = await this.#source.next()
    if (next.done) this.#ended = true
    else this.#rest = next.value
    this.#pulling = undefined
  }
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  return promise
}
