import { limits } from '@borgios/core'

/**
 * Buffers for the payloads of bulk streams that are used over and over: a fresh one for each would cost a collection of the whole
 * heap every few dozen shards. Whoever never gives one back only loses that.
 */
export class PayloadBuffers {
  readonly #free: Uint8Array[] = []

  /** `length` bytes with whatever was there before, and the way to give them back. */
  take(length: number): { readonly bytes: Uint8Array; readonly release: () => void } {
    const { maxStreamPayloadBytes, payloadBuffersKept, minKeptPayloadBytes } = limits.peertree
    if (length < minKeptPayloadBytes) return { bytes: fresh(length), release: () => undefined }
    let buffer: Uint8Array | undefined = this.#free.pop() ?? fresh(maxStreamPayloadBytes)
    const bytes = buffer.subarray(0, length)
    const release = (): void => {
      if (buffer !== undefined && this.#free.length < payloadBuffersKept) this.#free.push(buffer)
      buffer = undefined
    }
    return { bytes, release }
  }
}

/** Not zeroed: every byte is written before anybody sees it. Never from Node's pool, so nothing else shares the memory. */
const fresh = (length: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
