import { limits } from '@borgios/core'

/** Bytes that must be given back: use them only until disposal. */
export interface LentBytes extends Disposable {
  readonly bytes: Uint8Array
}

/** Buffers of one shard each that are used over and over: fresh ones for every read cost more than the read itself. */
export class ShardBuffers {
  readonly #free: Uint8Array[] = []

  /** `length` bytes with whatever was there before. */
  lend(length: number): LentBytes {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(limits.store.maxShardBytes)
    return {
      bytes: buffer.subarray(0, length),
      [Symbol.dispose]: () => {
        if (this.#free.length < limits.store.shardBuffersKept) this.#free.push(buffer)
      },
    }
  }
}
