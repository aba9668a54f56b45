import { assert, limits } from '@borgios/core'
import { KERNEL_SCRATCH_BYTES } from './erasure-kernel.ts'

const { maxShardBytes, maxStripeShards, stripesInMemory, stripesFilling, shardsInCheck, codecWorkers } = limits.store

const PAGE_BYTES = 64 * 1024
/** Address 0 stays unused, so that a pointer that was never set is found out. */
const FIRST_BYTE = PAGE_BYTES
const SCRATCH_BYTES = Math.ceil(KERNEL_SCRATCH_BYTES / PAGE_BYTES) * PAGE_BYTES
const SLOT_BYTES = maxStripeShards * maxShardBytes
const SLOTS_AT = FIRST_BYTE + codecWorkers * SCRATCH_BYTES
const PLAIN_AT = SLOTS_AT + stripesInMemory * SLOT_BYTES
const CELLS_AT = PLAIN_AT + stripesFilling * SLOT_BYTES
const TOTAL_BYTES = CELLS_AT + shardsInCheck * maxShardBytes

/** A part of the memory that threads share. */
export interface Region {
  readonly address: number
  readonly bytes: Uint8Array
}

/**
 * The memory of all stripes under way, shared by the main thread and the workers so that no shard is copied between them. Only
 * pages that were written to cost anything. A region belongs to whoever took it until it is given back.
 */
export class StripeMemory {
  readonly memory: WebAssembly.Memory
  readonly #bytes: Uint8Array

  constructor(memory?: WebAssembly.Memory) {
    const pages = Math.ceil(TOTAL_BYTES / PAGE_BYTES)
    this.memory = memory ?? new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    this.#bytes = new Uint8Array(this.memory.buffer)
  }

  view(address: number, length: number): Uint8Array {
    assert(address >= FIRST_BYTE && address + length <= TOTAL_BYTES, 'a view lies within the shared memory')
    return this.#bytes.subarray(address, address + length)
  }

  /** Where worker `index` keeps the tables of its kernel. */
  scratchAddress(index: number): number {
    assert(index < codecWorkers, 'each worker has its scratch')
    return FIRST_BYTE + index * SCRATCH_BYTES
  }

  /** Places for the shards of a whole stripe, shard behind shard. */
  slots(): readonly Region[] {
    return this.#regions(SLOTS_AT, stripesInMemory, SLOT_BYTES)
  }

  /** Places for plain text that is being read from its source: encrypting moves it to where the shards stand. */
  plainTexts(): readonly Region[] {
    return this.#regions(PLAIN_AT, stripesFilling, SLOT_BYTES)
  }

  /** Places for one shard that is being checked. */
  cells(): readonly Region[] {
    return this.#regions(CELLS_AT, shardsInCheck, maxShardBytes)
  }

  #regions(from: number, count: number, bytes: number): readonly Region[] {
    return Array.from({ length: count }, (_, index) => {
      const address = from + index * bytes
      return { address, bytes: this.view(address, bytes) }
    })
  }
}
