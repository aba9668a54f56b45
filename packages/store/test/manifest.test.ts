import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { limits, ShardId } from '@borgios/core'
import { testNodeId } from '@borgios/peertree/testing'
import type { FileHead, ManifestPage } from '@borgios/protocol'
import fc from 'fast-check'
import { shardIdOf } from '../src/coding/merkle.ts'
import { recordCount, TAG_BYTES } from '../src/coding/record-cipher.ts'
import { shardBytesFor } from '../src/coding/stripe-record.ts'
import { formatCapability, parseCapability } from '../src/manifest/capability.ts'
import { fileKeysOf } from '../src/manifest/file-keys.ts'
import { ManifestReader } from '../src/manifest/manifest-reader.ts'
import { ManifestWriter, type StripeResult } from '../src/manifest/manifest-writer.ts'
import { openPage, sealPage } from '../src/manifest/page-codec.ts'
import { propertyRuns } from './full-slice.ts'

const key = new Uint8Array(32).fill(3)
const coding = { data: 3, parity: 2 }
const stripeBytes = 3 * limits.store.maxShardBytes

const numbered = (number: number): ShardId => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, number)
  return ShardId.fromBytes(bytes)
}

function stripeResult(index: number, plainBytes: number): StripeResult {
  const shardBytes = shardBytesFor(plainBytes, coding.data)
  const tags = new Uint8Array(recordCount(shardBytes * coding.data) * TAG_BYTES).fill(index)
  const shards = [0, 1, 2, 3, 4].map((position) => numbered(index * 5 + position))
  return {
    shardBytes,
    tags,
    shards,
    holders: shards.map((_, at) => (at === 4 ? undefined : testNodeId((index + at) % 9))),
  }
}

/** Writes a manifest for a file of this many bytes; returns its pages and root. */
async function write(bytes: number, head: Partial<FileHead> = {}) {
  const pages = new Map<ShardId, Uint8Array>()
  const writer = new ManifestWriter(key, async (sealed) => {
    pages.set(shardIdOf(sealed), sealed)
    return { page: shardIdOf(sealed), holders: [testNodeId(1), testNodeId(2), undefined] }
  })
  const stripes = Math.ceil(bytes / stripeBytes)
  for (let index = 0; index < stripes; index += 1) {
    await writer.add(stripeResult(index, Math.min(stripeBytes, bytes - index * stripeBytes)))
  }
  const root = await writer.finish({ bytes, ...coding, stripeBytes, stripes, pageCopies: 3, ...head })
  const reader = new ManifestReader(key, async ({ page }) => pages.get(page) ?? new Uint8Array())
  return { pages, root, reader, stripes }
}

describe('manifest', () => {
  test('gives back every stripe in order, however many pages it takes', async () => {
    for (const bytes of [0, 1, stripeBytes, 3 * stripeBytes + 5, 700 * stripeBytes - 1]) {
      const { pages, root, reader, stripes } = await write(bytes, { name: 'ü' })
      const opened = await reader.root(root)
      assert.deepEqual([opened.file.name, opened.file.bytes], ['ü', bytes])
      let index = 0
      let sum = 0
      for await (const stripe of reader.stripes(opened)) {
        const { shardBytes, shards, tags, holders } = stripeResult(index, stripe.plainBytes)
        assert.deepEqual(
          { ...stripe, tags: [...stripe.tags] },
          { index, plainBytes: stripe.plainBytes, shardBytes, shards, tags: [...tags], holders },
        )
        index += 1
        sum += stripe.plainBytes
      }
      assert.deepEqual([index, sum], [stripes, bytes])
      for (const page of pages.values()) assert.ok(page.length <= limits.store.maxPageBytes + 2048, `${page.length}`)
      if (stripes > 100) assert.ok(pages.size > 3)
    }
  })

  test('grows in depth, not in page size', async () => {
    const { root, reader, pages } = await write(60_000 * stripeBytes)
    const opened = await reader.root(root)
    assert.ok(opened.page.level >= 2, `${opened.page.level}`)
    assert.ok(Math.max(...[...pages.values()].map((page) => page.length)) <= limits.store.maxPageBytes + 2048)
    let count = 0
    for await (const stripe of reader.stripes(opened)) count += stripe.index === count ? 1 : 0
    assert.equal(count, 60_000)
  })

  test('any flipped bit of a page is found', async () => {
    const { root, pages } = await write(2 * stripeBytes)
    const page = pages.get(root)
    assert.ok(page !== undefined)
    fc.assert(
      fc.property(fc.nat(page.length - 1), fc.nat(7), (at, bit) => {
        const bad = page.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte))
        assert.throws(() => openPage(key, bad), { code: 'STORE_KEY_WRONG' })
      }),
      { numRuns: propertyRuns(50) },
    )
    assert.throws(() => openPage(new Uint8Array(32), page), { code: 'STORE_KEY_WRONG' })
    assert.throws(() => openPage(key, page.subarray(0, 20)), { code: 'STORE_KEY_WRONG' })
  })

  test('pages that contradict one another are refused', async () => {
    const { root, pages } = await write(700 * stripeBytes)
    const original = openPage(key, pages.get(root) ?? new Uint8Array())
    const file = original.file
    const [firstChild, secondChild] = original.pages
    assert.ok(file !== undefined && firstChild !== undefined && secondChild !== undefined)
    const leaf = openPage(key, pages.get(firstChild.page) ?? new Uint8Array())
    const [entry] = leaf.stripes
    assert.ok(entry !== undefined)
    const withLeaf = (changed: ManifestPage): ManifestPage => {
      const sealed = sealPage(key, 900, changed)
      pages.set(shardIdOf(sealed), sealed)
      return { ...original, pages: [{ ...firstChild, page: shardIdOf(sealed) }, ...original.pages.slice(1)] }
    }
    const withEntry = (changed: Partial<typeof entry>) =>
      withLeaf({ ...leaf, stripes: [{ ...entry, ...changed }, ...leaf.stripes.slice(1)] })
    const { file: _, ...headless } = original
    const bad: ManifestPage[] = [
      headless,
      { ...original, firstStripe: 1 },
      { ...original, file: { ...file, stripes: file.stripes - 1 } },
      { ...original, file: { ...file, bytes: file.bytes + stripeBytes } },
      { ...original, file: { ...file, stripeBytes: 0 } },
      { ...original, pages: [secondChild, ...original.pages.slice(1)] },
      { ...original, level: original.level + 1 },
      withLeaf({ ...leaf, file }),
      withLeaf({ ...leaf, firstStripe: 1 }),
      withLeaf({ ...leaf, stripes: leaf.stripes.slice(1) }),
      withEntry({ shards: entry.shards.slice(1) }),
      withEntry({ holders: entry.holders.slice(1) }),
      withEntry({ shardBytes: entry.shardBytes - 64 }),
      withEntry({ tags: entry.tags.slice(0, -64) }),
    ]
    for (const [index, page] of bad.entries()) {
      const sealed = sealPage(key, 1000 + index, page)
      pages.set(shardIdOf(sealed), sealed)
      const reader = new ManifestReader(key, async (pointer) => pages.get(pointer.page) ?? new Uint8Array())
      await assert.rejects(
        async () => {
          const opened = await reader.root(shardIdOf(sealed))
          for await (const _stripe of reader.stripes(opened));
        },
        { code: 'STORE_MANIFEST_WRONG' },
        `contradiction ${index}`,
      )
    }
  })
})

describe('capability', () => {
  const vectors: { capability: string; root: string; secretHex: string; contentKeyHex: string; pagesKeyHex: string }[] =
    JSON.parse(readFileSync(new URL('../vectors/capability.json', import.meta.url), 'utf8')).vectors
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

  test('is written and read as in the vectors', () => {
    assert.ok(vectors.length >= 3)
    for (const { capability, root, secretHex, contentKeyHex, pagesKeyHex } of vectors) {
      const parsed = parseCapability(`  ${capability}\n`)
      assert.deepEqual([parsed.root, hex(parsed.secret)], [root, secretHex])
      assert.equal(formatCapability(parsed), capability)
      const keys = fileKeysOf(parsed.secret)
      assert.deepEqual([hex(keys.content), hex(keys.pages)], [contentKeyHex, pagesKeyHex])
    }
  })

  test('any changed character is found, and the text is never repeated', () => {
    const whole = vectors[0]?.capability ?? ''
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567-'), (at, char) => {
        if (whole[at] === char) return
        const changed = whole.slice(0, at) + char + whole.slice(at + 1)
        assert.throws(
          () => parseCapability(changed),
          (error: Error & { code?: string }) =>
            error.code === 'STORE_BAD_CAPABILITY' && !error.message.includes(whole.slice(20, 40)),
        )
      }),
      { numRuns: propertyRuns(300) },
    )
  })

  test('says what is wrong with it', () => {
    const whole = vectors[0]?.capability ?? ''
    for (const [text, message] of [
      ['', /does not begin with borgios-file-1-/],
      ['https://example.org/', /does not begin/],
      [whole.replace('file-1', 'file-2'), /version/],
      [whole.slice(0, -1), /cut short: 108 of 109/],
      [`${whole}a`, /too long/],
      [whole.toUpperCase().replace('BORGIOS-FILE', 'borgios-file'), /do not belong/],
      [whole.slice(0, 40) + (whole[40] === 'a' ? 'b' : 'a') + whole.slice(41), /checksum/],
    ] as const) {
      assert.throws(() => parseCapability(text), {
        code: 'STORE_BAD_CAPABILITY',
        kind: 'invalid',
        blame: 'caller',
        message,
      })
    }
  })
})
