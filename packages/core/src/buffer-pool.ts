import { assert } from './errors.ts'

/** Bytes that are given back by disposing: use them only until then. Whoever never does only costs a fresh buffer. */
export interface LentBytes extends Disposable {
  readonly bytes: Uint8Array
}

export interface BufferPoolOptions {
  /** Size of every buffer, and the most that can be lent. */
  readonly bufferBytes: number
  /** Buffers kept for the next ones: what is in use at a time. */
  readonly kept: number
  /** Less than this gets a buffer of its own size: a whole one would be a waste. */
  readonly minBytes?: number
}

/**
 * Large buffers that are used over and over. V8 counts what buffers hold towards its heap, so that fresh ones cost a collection
 * of the whole heap every dozen MiB; with these a stream of any length costs none.
 */
export class BufferPool {
  readonly #options: BufferPoolOptions
  readonly #free: Uint8Array[] = []

  constructor(options: BufferPoolOptions) {
    this.#options = options
  }

  /** `length` bytes with whatever was there before. */
  lend(length: number): LentBytes {
    const { bufferBytes, kept, minBytes = 0 } = this.#options
    assert(length <= bufferBytes, 'no more is lent than a buffer holds')
    if (length < minBytes) return { bytes: new Uint8Array(length), [Symbol.dispose]: () => undefined }
    let buffer: Uint8Array | undefined = this.#free.pop() ?? new Uint8Array(bufferBytes)
    const bytes = buffer.subarray(0, length)
    const giveBack = (): void => {
      if (buffer !== undefined && this.#free.length < kept) this.#free.push(buffer)
      buffer = undefined
    }
    return { bytes, [Symbol.dispose]: giveBack }
  }
}
