import { decodeBase64Url, type NodeId, type ShardId } from '@borgios/core'
import type { FileHead, ManifestPage, PageEntry, StripeEntry } from '@borgios/protocol'
import { recordCount, TAG_BYTES } from '../coding/record-cipher.ts'
import { shardBytesFor } from '../coding/stripe-record.ts'
import { manifestWrong } from '../errors.ts'
import type { Placed } from './manifest-writer.ts'
import { openPage } from './page-codec.ts'

/** One stripe as the manifest has it, checked. */
export interface ManifestStripe {
  readonly index: number
  /** Bytes of the file in it. */
  readonly plainBytes: number
  readonly shardBytes: number
  readonly shards: readonly ShardId[]
  readonly tags: Uint8Array
  readonly holders: readonly Placed[]
}

/** One page of the manifest as its parent has it. */
export interface ManifestPagePointer {
  readonly page: ShardId
  /** Unknown for the root. */
  readonly bytes: number | undefined
  readonly holders: readonly Placed[]
}

export interface ManifestRoot {
  readonly pointer: ManifestPagePointer
  readonly file: FileHead
  readonly page: ManifestPage
}

export type FetchPage = (pointer: ManifestPagePointer) => Promise<Uint8Array>

/** Reads a manifest, checking that every page says what its parent promised. Throws STORE_MANIFEST_WRONG or STORE_KEY_WRONG. */
export class ManifestReader {
  readonly #key: Uint8Array
  readonly #fetch: FetchPage

  constructor(key: Uint8Array, fetch: FetchPage) {
    this.#key = key
    this.#fetch = fetch
  }

  async root(root: ShardId): Promise<ManifestRoot> {
    const pointer = { page: root, bytes: undefined, holders: [] }
    const page = openPage(this.#key, await this.#fetch(pointer))
    const { file } = page
    if (file === undefined || page.firstStripe !== 0) throw manifestWrong('the root page has no head')
    const expected = file.stripeBytes === 0 ? 0 : Math.ceil(file.bytes / file.stripeBytes)
    if (file.stripes !== expected || (file.bytes > 0 && file.stripes === 0)) {
      throw manifestWrong('size and number of stripes contradict each other')
    }
    if (stripesIn(page) !== file.stripes) throw manifestWrong('stripes are missing')
    return { pointer, file, page }
  }

  /** All stripes in order. Pages are fetched one at a time, as they are needed; `onPage` sees each but the root. */
  async *stripes(root: ManifestRoot, onPage?: (pointer: ManifestPagePointer) => void): AsyncGenerator<ManifestStripe> {
    yield* this.#walk(root.file, root.page, onPage)
  }

  async *#walk(
    file: FileHead,
    page: ManifestPage,
    onPage: ((pointer: ManifestPagePointer) => void) | undefined,
  ): AsyncGenerator<ManifestStripe> {
    if (page.level === 0 ? page.pages.length > 0 : page.stripes.length > 0) {
      throw manifestWrong('a page lists what belongs on another level')
    }
    for (const [index, entry] of page.stripes.entries()) yield stripeOf(file, page, page.firstStripe + index, entry)
    let nextStripe = page.firstStripe
    for (const entry of page.pages) {
      const pointer = { page: entry.page, bytes: entry.pageBytes, holders: holdersOf(page, entry.holders) }
      onPage?.(pointer)
      const below = openPage(this.#key, await this.#fetch(pointer))
      assertPromised(page, entry, nextStripe, below)
      yield* this.#walk(file, below, onPage)
      nextStripe += entry.stripes
    }
  }
}

const stripesIn = (page: ManifestPage): number =>
  page.stripes.length + page.pages.reduce((sum, { stripes }) => sum + stripes, 0)

function assertPromised(above: ManifestPage, entry: PageEntry, firstStripe: number, page: ManifestPage): void {
  if (page.level !== above.level - 1) throw manifestWrong('a page is on the wrong level')
  if (page.file !== undefined) throw manifestWrong('a page below the root has a head')
  if (page.firstStripe !== firstStripe || stripesIn(page) !== entry.stripes) {
    throw manifestWrong('a page lists other stripes than its parent says')
  }
}

const holdersOf = (page: ManifestPage, indexes: readonly number[]): readonly Placed[] =>
  indexes.map((index): NodeId | undefined => page.nodes[index])

function stripeOf(file: FileHead, page: ManifestPage, index: number, entry: StripeEntry): ManifestStripe {
  const plainBytes = Math.min(file.stripeBytes, file.bytes - index * file.stripeBytes)
  const tags = decodeBase64Url(entry.tags)
  const isSound =
    entry.shards.length === file.data + file.parity &&
    entry.holders.length === entry.shards.length &&
    entry.shardBytes === shardBytesFor(plainBytes, file.data) &&
    tags?.length === recordCount(file.data * entry.shardBytes) * TAG_BYTES
  if (!isSound || tags === undefined) throw manifestWrong(`stripe ${index} does not fit the file`)
  const { shardBytes, shards } = entry
  return { index, plainBytes, shardBytes, shards, tags, holders: holdersOf(page, entry.holders) }
}
