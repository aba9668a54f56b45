import type { ShardId } from '@borgios/core'
import type { Coding } from '../file-store.ts'
import { parityRows, recoveryRows } from './code-matrix.ts'
import { ErasureKernel } from './erasure-kernel.ts'
import { shardIdOf } from './merkle.ts'
import { type ProvenShard, proveLeaves } from './merkle-path.ts'
import { openRecords, sealRecords } from './record-cipher.ts'
import type { StripeMemory } from './stripe-memory.ts'

/** Where a stripe stands in shared memory: shard behind shard, all of the same size. */
export interface StripePlace {
  readonly address: number
  readonly coding: Coding
  readonly shardBytes: number
}

/** A shard that was put at its position of a stripe, and the id it must have. */
export interface GivenShard {
  readonly position: number
  readonly shard: ShardId
}

export interface SealedStripe {
  readonly tags: Uint8Array
  /** Ids of all shards in order. */
  readonly shards: readonly ShardId[]
}

export type OpenedStripe =
  /** The plain text stands where the data shards did. */
  | { readonly outcome: 'opened' }
  /** Shards at these positions are not what their ids say. */
  | { readonly outcome: 'wrong-shards'; readonly positions: readonly number[] }
  /** All shards are right, but key or tags are not theirs. */
  | { readonly outcome: 'wrong-key' }

export type RebuiltStripe =
  | { readonly outcome: 'rebuilt'; readonly shards: readonly ShardId[] }
  | { readonly outcome: 'wrong-shards'; readonly positions: readonly number[] }

/** The heavy work on stripes: encrypt, code, hash and back. Runs in a worker, on memory shared with the main thread. */
export class StripeCodec {
  readonly #memory: StripeMemory
  readonly #kernel: ErasureKernel

  /** `index`: which of the codecs on this memory it is, below limits.store.codecWorkers. */
  constructor(memory: StripeMemory, module: WebAssembly.Module, index: number) {
    this.#memory = memory
    this.#kernel = new ErasureKernel({ module, memory: memory.memory, scratch: memory.scratchAddress(index) })
  }

  /** Encrypts the plain text at `plainAddress` into the data shards, makes the parity behind them and names all shards. */
  seal(place: StripePlace, plainAddress: number, key: Uint8Array, stripe: number): SealedStripe {
    const { data, parity } = place.coding
    const bytes = data * place.shardBytes
    const tags = sealRecords(
      key,
      stripe,
      this.#memory.view(plainAddress, bytes),
      this.#memory.view(place.address, bytes),
    )
    const from = Array.from({ length: data }, (_, index) => index)
    const to = Array.from({ length: parity }, (_, index) => data + index)
    this.#multiply(place, parityRows(place.coding), from, to)
    return { tags, shards: this.#name(place, [...from, ...to]) }
  }

  /** Checks `data` given shards, rebuilds the missing data shards and decrypts all in their place. */
  open(
    place: StripePlace,
    given: readonly GivenShard[],
    key: Uint8Array,
    stripe: number,
    tags: Uint8Array,
  ): OpenedStripe {
    const positions = this.#wrong(place, given)
    if (positions.length > 0) return { outcome: 'wrong-shards', positions }
    const here = given.map(({ position }) => position)
    const missing = Array.from({ length: place.coding.data }, (_, index) => index).filter((at) => !here.includes(at))
    this.#multiply(place, recoveryRows(place.coding, here, missing), here, missing)
    const bytes = this.#memory.view(place.address, place.coding.data * place.shardBytes)
    return { outcome: openRecords(key, stripe, tags, bytes) ? 'opened' : 'wrong-key' }
  }

  /** Checks `data` given shards and makes the wanted ones, at their positions. The caller compares their ids. */
  rebuild(place: StripePlace, given: readonly GivenShard[], wanted: readonly number[]): RebuiltStripe {
    const positions = this.#wrong(place, given)
    if (positions.length > 0) return { outcome: 'wrong-shards', positions }
    const here = given.map(({ position }) => position)
    this.#multiply(place, recoveryRows(place.coding, here, wanted), here, wanted)
    return { outcome: 'rebuilt', shards: this.#name(place, wanted) }
  }

  name(address: number, bytes: number): ShardId {
    return shardIdOf(this.#memory.view(address, bytes))
  }

  prove(address: number, bytes: number, leaves: readonly number[]): ProvenShard {
    return proveLeaves(this.#memory.view(address, bytes), leaves)
  }

  #name(place: StripePlace, positions: readonly number[]): ShardId[] {
    // With one data shard all are copies of it: one hash is enough.
    const copies = place.coding.data === 1
    const first = this.name(place.address + (positions[0] ?? 0) * place.shardBytes, place.shardBytes)
    return positions.map((position, index) =>
      copies || index === 0 ? first : this.name(place.address + position * place.shardBytes, place.shardBytes),
    )
  }

  #wrong(place: StripePlace, given: readonly GivenShard[]): readonly number[] {
    return given
      .filter(
        ({ position, shard }) => this.name(place.address + position * place.shardBytes, place.shardBytes) !== shard,
      )
      .map(({ position }) => position)
  }

  #multiply(place: StripePlace, rows: readonly Uint8Array[], from: readonly number[], to: readonly number[]): void {
    if (to.length === 0) return
    const address = (position: number): number => place.address + position * place.shardBytes
    this.#kernel.multiply(rows, from.map(address), to.map(address), place.shardBytes)
  }
}
