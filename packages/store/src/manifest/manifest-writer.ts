import { assert, canonicalJson, encodeBase64Url, limits, type NodeId, type ShardId } from '@borgios/core'
import type { FileHead, ManifestPage, PageEntry, StripeEntry } from '@borgios/protocol'
import { sealPage } from './page-codec.ts'

/** Where a shard went; undefined where it found no node. */
export type Placed = NodeId | undefined

export interface StripeResult {
  readonly shardBytes: number
  readonly shards: readonly ShardId[]
  readonly tags: Uint8Array
  readonly holders: readonly Placed[]
}

export interface StoredPage {
  readonly page: ShardId
  readonly holders: readonly Placed[]
}

interface OpenPage {
  firstStripe: number
  stripeCount: number
  bytes: number
  readonly nodes: NodeId[]
  readonly stripes: StripeEntry[]
  readonly pages: PageEntry[]
}

const emptyPage = (firstStripe: number): OpenPage => ({
  firstStripe,
  stripeCount: 0,
  bytes: 0,
  nodes: [],
  stripes: [],
  pages: [],
})

/** Room for the fields around a page's entries. */
const FRAME_BYTES = 1024

/**
 * Builds a manifest from its leaves up while stripes come in, in order: a tree of encrypted pages of bounded size. Holds one
 * open page a level, whatever the file's size.
 */
export class ManifestWriter {
  readonly #key: Uint8Array
  readonly #store: (bytes: Uint8Array) => Promise<StoredPage>
  readonly #levels: OpenPage[] = [emptyPage(0)]
  #pages = 0

  /** `store` keeps a sealed page and says where. */
  constructor(key: Uint8Array, store: (bytes: Uint8Array) => Promise<StoredPage>) {
    this.#key = key
    this.#store = store
  }

  /** How many pages were stored so far. */
  get pages(): number {
    return this.#pages
  }

  async add(stripe: StripeResult): Promise<void> {
    const entry = (page: OpenPage): void => {
      page.stripes.push({
        shardBytes: stripe.shardBytes,
        shards: [...stripe.shards],
        tags: encodeBase64Url(stripe.tags),
        holders: indexesOf(page, stripe.holders),
      })
      page.stripeCount += 1
    }
    // Tags in base64url, ids and at worst a new node for each.
    await this.#append(0, Math.ceil((stripe.tags.length * 4) / 3) + stripe.shards.length * 120 + 100, entry)
  }

  /** Stores what is still open and returns the root page's id. */
  async finish(file: FileHead): Promise<ShardId> {
    for (let level = 0; ; level += 1) {
      if (level === this.#levels.length - 1) return (await this.#flush(level, file)).page
      await this.#lift(level)
    }
  }

  async #append(level: number, bytes: number, add: (page: OpenPage) => void): Promise<void> {
    const open = this.#levels[level]
    assert(open !== undefined, 'a level is opened before it is used')
    if (open.stripeCount > 0 && open.bytes + bytes > limits.store.maxPageBytes - FRAME_BYTES) await this.#lift(level)
    const page = this.#levels[level] ?? open
    add(page)
    page.bytes += bytes
  }

  /** Stores the open page of a level, lists it one level up and opens the next. */
  async #lift(level: number): Promise<void> {
    const open = this.#levels[level]
    assert(open !== undefined, 'only open pages are stored')
    const next = open.firstStripe + open.stripeCount
    const { page, holders, bytes } = await this.#flush(level)
    this.#levels[level] = emptyPage(next)
    if (open.stripeCount === 0) return
    this.#levels[level + 1] ??= emptyPage(0)
    await this.#append(level + 1, holders.length * 70 + 150, (above) => {
      above.pages.push({ page, pageBytes: bytes, stripes: open.stripeCount, holders: indexesOf(above, holders) })
      above.stripeCount += open.stripeCount
    })
  }

  async #flush(level: number, file?: FileHead): Promise<StoredPage & { readonly bytes: number }> {
    assert(level < limits.store.maxPageDepth, 'a manifest of this depth would be larger than any storage')
    const open = this.#levels[level] ?? emptyPage(0)
    const { firstStripe, nodes, stripes, pages } = open
    const page: ManifestPage = { version: 1, level, firstStripe, nodes, stripes, pages, ...(file && { file }) }
    const sealed = sealPage(this.#key, this.#pages, page)
    assert(sealed.length <= limits.store.maxShardBytes, `a page fits a shard: ${canonicalJson(page).length} bytes`)
    this.#pages += 1
    return { ...(await this.#store(sealed)), bytes: sealed.length }
  }
}

function indexesOf(page: OpenPage, holders: readonly Placed[]): number[] {
  return holders.map((node) => {
    if (node === undefined) return -1
    const known = page.nodes.indexOf(node)
    return known === -1 ? page.nodes.push(node) - 1 : known
  })
}
