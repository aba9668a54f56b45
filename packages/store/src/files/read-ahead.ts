import { BufferPool, limits } from '@borgios/core'

/**
 * What the gets of a node have in memory beyond the stripe that each is giving out: a bounded number of stripes for all of them,
 * so that readers that pause cost little. The first to come get what they ask for; the less is left the less one more gets.
 */
export class ReadAhead {
  #free = limits.store.stripesReadAhead
  /** For the plain text of all gets, a shard's size each. */
  readonly buffers = new BufferPool({
    bufferBytes: limits.store.maxShardBytes,
    kept: limits.store.plainBuffersKept,
    minBytes: limits.store.minPlainBufferBytes,
  })

  /** Whether a get that has `held` stripes ahead may have one more. It gives each back. */
  take(held: number): boolean {
    if (held >= this.#free) return false
    this.#free -= 1
    return true
  }

  giveBack(stripes: number): void {
    this.#free += stripes
  }
}
