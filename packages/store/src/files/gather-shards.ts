import { assert, limits, messageOf, type NodeId, type ShardId } from '@borgios/core'
import type { GivenShard } from '../coding/stripe-codec.ts'
import type { Region } from '../coding/stripe-memory.ts'
import { unreadable } from '../errors.ts'
import type { Coding } from '../file-store.ts'
import type { Placed } from '../manifest/manifest-writer.ts'
import type { Presence } from '../transfer/holders.ts'
import { ShardSources, type Source } from './shard-sources.ts'
import type { StoreContext } from './store-context.ts'

/** Times that all members are asked about a stripe. */
const SEARCHES = 2

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
  #searches = 0
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
      const isShort = !this.#ask()
      if (isShort && this.#searches < SEARCHES) await this.#search()
      else if (this.#sources.asking > 0) await this.#orHedge(changed)
      else throw unreadable(what, coding.data, this.#sources.here.length, shards.length)
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

  /** Asks as many sources as it takes; false if there are too few. */
  #ask(): boolean {
    const { coding } = this.#stripe
    while (this.#sources.here.length + this.#sources.asking < coding.data + this.#hedges) {
      const source = this.#sources.next()
      if (source === undefined) return false
      this.#fetch(source).finally(() => this.#wake())
    }
    return true
  }

  async #fetch(source: Source): Promise<void> {
    const { shards, shardBytes, region, coding } = this.#stripe
    const shard = shards[source.position]
    assert(shard !== undefined, 'a source is for a position of the stripe')
    try {
      using lent = await this.#context.holders.get(source.node, shard, shardBytes)
      // What is being decoded must not change under it.
      if (this.#isClosed || this.#sources.here.length >= coding.data) return this.#sources.dropped(source)
      region.bytes.set(lent.bytes, source.position * shardBytes)
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

  /** Asks all members: the first time until enough is found, the second time all of them, should some have lied. */
  async #search(): Promise<void> {
    this.#searches += 1
    const { shards, coding } = this.#stripe
    const missing = this.#sources.missing
    const needed = coding.data - this.#sources.here.length
    const wanted = missing.flatMap((position) => shards[position] ?? [])
    const enough = (found: Presence): boolean => this.#searches < SEARCHES && found.size >= needed
    const found = await this.#context.holders.locate(wanted, { enough })
    for (const position of missing) {
      const shard = shards[position]
      for (const node of (shard && found.get(shard)) ?? []) this.#sources.add(position, node)
    }
  }
}
