import { BufferPool, type LentBytes, limits } from '@borgios/core'
import { manifestWrong } from '../errors.ts'
import type { GetOptions, OpenedFile } from '../file-store.ts'
import { parseCapability } from '../manifest/capability.ts'
import { type FileKeys, fileKeysOf } from '../manifest/file-keys.ts'
import { ManifestReader, type ManifestRoot, type ManifestStripe } from '../manifest/manifest-reader.ts'
import { fetchCopy } from './fetch-copy.ts'
import { ShardGathering } from './gather-shards.ts'
import type { StoreContext } from './store-context.ts'

/** A file found by its capability. */
export interface LocatedFile {
  readonly keys: FileKeys
  readonly reader: ManifestReader
  readonly root: ManifestRoot
}

/** Reads the root of a file's manifest. Throws STORE_BAD_CAPABILITY, STORE_UNREADABLE, STORE_KEY_WRONG or STORE_MANIFEST_WRONG. */
export async function locateFile(context: StoreContext, capability: string): Promise<LocatedFile> {
  const { root, secret } = parseCapability(capability)
  const keys = fileKeysOf(secret)
  const reader = new ManifestReader(keys.pages, (pointer) => fetchCopy(context, pointer))
  return { keys, reader, root: await reader.root(root) }
}

/** Opens a file for reading. See FileStore.get for what it promises. */
export async function openFile(context: StoreContext, capability: string, options: GetOptions): Promise<OpenedFile> {
  const located = await locateFile(context, capability)
  const { file } = located.root
  return { name: file.name, bytes: file.bytes, content: readContent(context, located, options) }
}

/**
 * Stripes in order, a few of them fetched ahead. The consumer sets the pace: nothing is fetched that it did not ask for. What is
 * ready waits in memory of this get alone, so that a consumer that pauses holds up nobody else.
 */
async function* readContent(
  context: StoreContext,
  located: LocatedFile,
  { onProgress, signal }: GetOptions,
): AsyncGenerator<LentBytes> {
  const { reader, root } = located
  const stripes = reader.stripes(root)
  const ahead: Promise<LentBytes>[] = []
  const { stripesInFlight } = limits.store
  const plainTexts = new BufferPool({
    bufferBytes: Math.min(root.file.bytes, root.file.stripeBytes),
    kept: stripesInFlight,
  })
  let isAtEnd = false
  let doneBytes = 0
  try {
    for (;;) {
      while (!isAtEnd && ahead.length < stripesInFlight) {
        signal?.throwIfAborted()
        const next = await stripes.next()
        if (next.done) isAtEnd = true
        else ahead.push(startStripe(context, located, next.value, plainTexts))
      }
      const plain = await ahead.shift()
      if (plain === undefined) return
      doneBytes += plain.bytes.length
      onProgress?.({ doneBytes, totalBytes: root.file.bytes })
      yield plain
    }
  } finally {
    await Promise.allSettled(ahead)
  }
}

/** A stripe that is fetched ahead may fail before anyone waits for it. */
function startStripe(
  context: StoreContext,
  located: LocatedFile,
  stripe: ManifestStripe,
  plainTexts: BufferPool,
): Promise<LentBytes> {
  const started = readStripe(context, located, stripe, plainTexts)
  started.catch(() => undefined)
  return started
}

async function readStripe(
  context: StoreContext,
  { keys, root }: LocatedFile,
  stripe: ManifestStripe,
  plainTexts: BufferPool,
): Promise<LentBytes> {
  const { codec } = context
  const { index, plainBytes, shardBytes, shards, holders, tags } = stripe
  const coding = { data: root.file.data, parity: root.file.parity }
  return codec.slots.with(async (region) => {
    const what = `stripe ${index} of this file`
    const gathering = new ShardGathering(context, { what, coding, shardBytes, shards, holders, region })
    try {
      for (;;) {
        const given = await gathering.gather()
        const place = { address: region.address, coding, shardBytes }
        const opened = await codec.open(place, given, keys.content, index, tags)
        if (opened.outcome === 'opened') {
          const plain = plainTexts.lend(plainBytes)
          plain.bytes.set(region.bytes.subarray(0, plainBytes))
          return plain
        }
        if (opened.outcome === 'wrong-key') throw manifestWrong(`its key does not open ${what}`)
        gathering.reject(opened.positions)
      }
    } finally {
      gathering.close()
    }
  })
}
