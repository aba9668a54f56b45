import { limits, type ShardId } from '@borgios/core'
import type { StripeRecord } from '@borgios/protocol'
import { shardIdOf } from '../coding/merkle.ts'
import type { SealedStripe, StripePlace } from '../coding/stripe-codec.ts'
import type { Region } from '../coding/stripe-memory.ts'
import { assertUsableCoding, recordIdOf, recordOfCopies, shardBytesFor } from '../coding/stripe-record.ts'
import { badName, leaseExceeded, placementShort, quorumShort } from '../errors.ts'
import type { Coding, PutOptions, PutResult } from '../file-store.ts'
import { formatCapability } from '../manifest/capability.ts'
import { type FileKeys, fileKeysOf, SECRET_BYTES } from '../manifest/file-keys.ts'
import { ManifestWriter, type Placed, type StoredPage, type StripeResult } from '../manifest/manifest-writer.ts'
import { operatorCount } from '../placement/placement.ts'
import { Gate } from '../transfer/gate.ts'
import { ByteReader } from './byte-reader.ts'
import { placeShards } from './place-shards.ts'
import type { PutTicket } from './put-ticket.ts'
import type { StoreContext } from './store-context.ts'

export interface PutWork {
  readonly coding: Coding
  readonly options: PutOptions
  readonly ticket: PutTicket
  /** Plain bytes that may be stored. */
  readonly maxBytes: number
}

/** A put under way: several stripes at once, their results in order. */
class FilePut {
  readonly #context: StoreContext
  readonly #coding: Coding
  readonly #options: PutOptions
  readonly #ticket: PutTicket
  readonly #maxBytes: number
  readonly #secret: Uint8Array
  readonly #keys: FileKeys
  readonly #manifest: ManifestWriter
  readonly #pageCopies: number
  readonly #window = new Gate(limits.store.stripesInFlight)
  #bytes = 0
  #stripes = 0
  #durableBytes = 0
  #missingShards = 0
  #lastStripe: Promise<void> = Promise.resolve()
  #failure: unknown

  constructor(context: StoreContext, { coding, options, ticket, maxBytes }: PutWork) {
    this.#context = context
    this.#coding = coding
    this.#options = options
    this.#ticket = ticket
    this.#maxBytes = maxBytes
    this.#secret = context.random.bytes(SECRET_BYTES)
    this.#keys = fileKeysOf(this.#secret)
    this.#manifest = new ManifestWriter(this.#keys.pages, (bytes) => this.#storePage(bytes))
    const copies = Math.max(limits.store.minPageCopies, coding.parity + 1)
    this.#pageCopies = Math.min(copies, operatorCount(context.holders.candidates()))
  }

  async run(source: AsyncIterable<Uint8Array>): Promise<PutResult> {
    const { signal } = this.#ticket
    const reader = new ByteReader(source, this.#context.timers, signal)
    try {
      while (this.#failure === undefined && (await reader.hasMore())) {
        await this.#window.enter()
        await this.#startStripe(reader)
      }
    } finally {
      // Stripes under way still use their memory: they end before anything is reported.
      await this.#lastStripe
      await reader.close()
    }
    // Shards that found no node because the put was given up say nothing about the nodes.
    signal.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure
    return this.#finish()
  }

  /** Reads one stripe and sets it on its way; its place in the manifest is behind the one before. */
  async #startStripe(reader: ByteReader): Promise<void> {
    const { plain, plainBytes } = await this.#readStripe(reader).catch((error: unknown) => {
      this.#window.leave()
      throw error
    })
    if (this.#bytes + plainBytes > this.#maxBytes) {
      this.#context.codec.plainTexts.giveBack(plain)
      this.#window.leave()
      throw leaseExceeded(this.#maxBytes)
    }
    const stored = this.#storeStripe(plain, plainBytes, this.#stripes)
    this.#stripes += 1
    this.#bytes += plainBytes
    const before = this.#lastStripe
    const listed = stored.then(async (result) => {
      await before
      if (this.#failure !== undefined) return
      await this.#manifest.add(result)
      this.#durableBytes += plainBytes
      this.#options.onProgress?.({ doneBytes: this.#durableBytes, totalBytes: this.#options.totalBytes })
    })
    this.#lastStripe = listed
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .then(() => before)
      .finally(() => this.#window.leave())
  }

  /** A place with the plain text of one stripe. A slow source gives its place up to others while it makes us wait. */
  async #readStripe(reader: ByteReader): Promise<{ readonly plain: Region; readonly plainBytes: number }> {
    const { plainTexts } = this.#context.codec
    let kept = new Uint8Array()
    for (;;) {
      const plain = await plainTexts.take()
      let isDone = false
      try {
        plain.bytes.set(kept)
        const plainBytes = await reader.fill(plain.bytes.subarray(0, this.#stripeBytes), kept.length)
        isDone = plainBytes === this.#stripeBytes || reader.isAtEnd
        if (isDone) return { plain, plainBytes }
        kept = Uint8Array.from(plain.bytes.subarray(0, plainBytes))
      } finally {
        if (!isDone) plainTexts.giveBack(plain)
      }
      await reader.hasMore()
    }
  }

  #storeStripe(plain: Region, plainBytes: number, stripe: number): Promise<StripeResult> {
    const { data, parity } = this.#coding
    const shardBytes = shardBytesFor(plainBytes, data)
    return this.#context.codec.slots.with(async (region) => {
      const { tags, shards } = await this.#seal(plain, plainBytes, stripe, {
        address: region.address,
        coding: this.#coding,
        shardBytes,
      })
      const record = { data, parity, shardBytes, shards: [...shards] }
      const bytesOf = (position: number): Uint8Array =>
        region.bytes.subarray(position * shardBytes, (position + 1) * shardBytes)
      const needed = Math.min(shards.length, data + limits.store.minSpareShards)
      return { shardBytes, shards, tags, holders: await this.#place(`stripe ${stripe}`, record, bytesOf, needed) }
    })
  }

  async #seal(plain: Region, plainBytes: number, stripe: number, place: StripePlace): Promise<SealedStripe> {
    const { codec } = this.#context
    try {
      // The padding is encrypted with the rest, so that no two stripes share a shard.
      plain.bytes.fill(0, plainBytes, place.coding.data * place.shardBytes)
      return await codec.seal(place, plain.address, this.#keys.content, stripe)
    } finally {
      codec.plainTexts.giveBack(plain)
    }
  }

  async #storePage(bytes: Uint8Array): Promise<StoredPage> {
    const page: ShardId = shardIdOf(bytes)
    const record = recordOfCopies(page, bytes.length, this.#pageCopies)
    const needed = Math.min(this.#pageCopies, 1 + limits.store.minSpareShards)
    return { page, holders: await this.#place('the manifest', record, () => bytes, needed) }
  }

  /** Throws STORE_QUORUM_SHORT if fewer than `needed` shards became durable. */
  async #place(
    what: string,
    record: StripeRecord,
    bytesOf: (position: number) => Uint8Array,
    needed: number,
  ): Promise<readonly Placed[]> {
    const positions = record.shards.map((_, position) => position)
    const ticket = this.#ticket
    const work = { id: recordIdOf(record), record, positions, bytesOf, ticket }
    const { holders, failures } = await placeShards(this.#context, work)
    const got = holders.filter((holder) => holder !== undefined).length
    ticket.signal.throwIfAborted()
    if (got < needed) throw quorumShort(what, needed, got, failures)
    this.#missingShards += holders.length - got
    return holders
  }

  async #finish(): Promise<PutResult> {
    const { data, parity } = this.#coding
    const { name } = this.#options
    const root = await this.#manifest.finish({
      ...(name !== undefined && { name }),
      bytes: this.#bytes,
      data,
      parity,
      stripeBytes: this.#stripeBytes,
      stripes: this.#stripes,
      pageCopies: this.#pageCopies,
    })
    return {
      capability: formatCapability({ root, secret: this.#secret }),
      bytes: this.#bytes,
      stripes: this.#stripes,
      shards: this.#stripes * (data + parity) + this.#manifest.pages * this.#pageCopies,
      coding: this.#coding,
      missingShards: this.#missingShards,
    }
  }

  get #stripeBytes(): number {
    return this.#coding.data * limits.store.maxShardBytes
  }
}

/** Stores a file. See FileStore.put for what it promises. */
export const putFile = (context: StoreContext, source: AsyncIterable<Uint8Array>, work: PutWork): Promise<PutResult> =>
  new FilePut(context, work).run(source)

/** Throws STORE_BAD_CODING, STORE_BAD_NAME or STORE_PLACEMENT_SHORT for a put that cannot succeed. */
export function assertPossible(context: StoreContext, coding: Coding, { name }: PutOptions): void {
  assertUsableCoding(coding)
  assertUsableName(name)
  const candidates = context.holders.candidates()
  const operators = operatorCount(candidates)
  if (operators < coding.data + coding.parity) throw placementShort(coding, candidates.length, operators)
}

function assertUsableName(name: string | undefined): void {
  if (name === undefined) return
  if (!name.isWellFormed()) throw badName('it is not Unicode')
  if (Buffer.byteLength(name) > limits.store.maxNameBytes) {
    throw badName(`it has more than ${limits.store.maxNameBytes} bytes`)
  }
}
