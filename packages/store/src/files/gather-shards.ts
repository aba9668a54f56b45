import { assert, limits, messageOf, type NodeId, type ShardId } from '@borgios/core'
import type { GivenShard } from '../coding/stripe-codec.ts'
import type { Region } from '../coding/stripe-memory.ts'
import { unreadable } from '../errors.ts'
import type { Coding } from '../file-store.ts'
import type { Placed } from '../manifest/manifest-writer.ts'
import { ShardSources, type Source } from './shard-sources.ts'
import type { StoreContext } from './store-context.ts'

/** A stripe whose shards are wanted in memory. */
export interface StripeToGather {
  /** For messages: `stripe 7`. */
  readonly what: string
  readonly coding: Coding
  readonly shardBytes: number
  readonly shards: readonly ShardId[]
  /** Who may have them, by position: tried first. */
  readonly holders: readonly Placed[]
  readonly region: Region
}

/**
 * Brings any `data` shards of a stripe into memory, from whoever gives them fastest: asks for as many as it needs, for one more
 * whenever a holder is slow or fails, and asks all members once the known holders do not suffice.
 */
export class ShardGathering {
  readonly #context: StoreContext
  readonly #stripe: StripeToGather
  readonly #sources: ShardSources
  readonly #given = new Map<number, NodeId>()
  #hedges = 0
  #wasSearched = false
  #isClosed = false
  #wake: () => void = () => undefined

  constructor(context: StoreContext, stripe: StripeToGather) {
    this.#context = context
    this.#stripe = stripe
    this.#sources = new ShardSources(context.holders.self, stripe.shards.length)
    const up = new Set(context.holders.candidates().map(({ node }) => node))
    stripe.holders.forEach((node, position) => {
      if (node !== undefined && up.has(node)) this.#sources.add(position, node)
    })
  }

  /** Resolves with exactly `data` shards, each at its position in the region, not yet checked. Throws STORE_UNREADABLE. */
  async gather(): Promise<readonly GivenShard[]> {
    const { coding, shards, what } = this.#stripe
    while (this.#sources.here.length < coding.data) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#ask()
      if (this.#sources.asking > 0) await this.#orHedge(changed)
      else if (this.#sources.here.length < coding.data) {
        if (this.#wasSearched) throw unreadable(what, coding.data, this.#sources.here.length, shards.length)
        await this.#search()
      }
    }
    return this.#sources.here.slice(0, coding.data).map((position) => {
      const shard = shards[position]
      assert(shard !== undefined, 'a position of the stripe')
      return { position, shard }
    })
  }

  /** These positions held wrong bytes: whoever gave them is blamed, and gathering can go on. */
  reject(positions: readonly number[]): void {
    for (const position of positions) {
      const node = this.#given.get(position)
      const shard = this.#stripe.shards[position]
      if (node !== undefined && shard !== undefined) this.#context.holders.suspect(node, shard)
      this.#sources.wrong(position)
    }
  }

  /** Late answers are dropped from now on: the region may be used for something else. */
  close(): void {
    this.#isClosed = true
  }

  #ask(): void {
    const { coding } = this.#stripe
    while (this.#sources.here.length + this.#sources.asking < coding.data + this.#hedges) {
      const source = this.#sources.next()
      if (source === undefined) return
      this.#fetch(source).finally(() => this.#wake())
    }
  }

  async #fetch(source: Source): Promise<void> {
    const { shards, shardBytes, region, coding } = this.#stripe
    const shard = shards[source.position]
    assert(shard !== undefined, 'a source is for a position of the stripe')
    try {
      const bytes = await this.#context.holders.get(source.node, shard, shardBytes)
      // What is being decoded must not change under it.
      if (this.#isClosed || this.#sources.here.length >= coding.data) return this.#sources.failed(source)
      region.bytes.set(bytes, source.position * shardBytes)
      this.#given.set(source.position, source.node)
      this.#sources.arrived(source)
    } catch (error) {
      this.#context.logger.debug('a node did not give a shard', { node: source.node, why: messageOf(error) })
      this.#sources.failed(source)
    }
  }

  /** Waits for an answer; when none comes in time one more source may be asked. */
  async #orHedge(changed: Promise<void>): Promise<void> {
    const cancel = this.#context.timers.after(limits.store.hedgeAfterMs, () => {
      this.#hedges += 1
      this.#wake()
    })
    await changed
    cancel()
  }

  async #search(): Promise<void> {
    this.#wasSearched = true
    const { shards } = this.#stripe
    const missing = this.#sources.missing
    const found = await this.#context.holders.locate(this.#sources.shardIdsAt(shards, missing))
    for (const position of missing) {
      const shard = shards[position]
      for (const node of (shard && found.get(shard)) ?? []) this.#sources.add(position, node)
    }
  }
}
