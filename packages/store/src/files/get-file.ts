import { type BufferPool, type LentBytes, limits } from '@borgios/core'
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
 * Stripes in order, in pieces; a few stripes are fetched ahead, as far as the node has room for more than one of each get. The
 * consumer sets the pace: nothing is fetched that it did not ask for, and one that pauses holds up nobody else.
 */
async function* readContent(
  context: StoreContext,
  located: LocatedFile,
  { onProgress, signal }: GetOptions,
): AsyncGenerator<LentBytes> {
  const { reader, root } = located
  const { readAhead } = context
  const stripes = reader.stripes(root)
  const ahead: Promise<readonly LentBytes[]>[] = []
  let places = 0
  const keepPlaces = (count: number): void => {
    readAhead.giveBack(places - count)
    places = count
  }
  let isAtEnd = false
  let doneBytes = 0
  try {
    for (;;) {
      // The next one is now this get's own.
      keepPlaces(Math.max(0, ahead.length - 1))
      while (!isAtEnd && ahead.length < limits.store.stripesInFlight) {
        signal?.throwIfAborted()
        if (ahead.length > 0) {
          if (!readAhead.take(places)) break
          places += 1
        }
        const next = await stripes.next()
        if (next.done) isAtEnd = true
        else ahead.push(startStripe(context, located, next.value))
      }
      const pieces = await ahead.shift()
      if (pieces === undefined) return
      keepPlaces(ahead.length)
      for (const plain of pieces) {
        doneBytes += plain.bytes.length
        onProgress?.({ doneBytes, totalBytes: root.file.bytes })
        yield plain
      }
    }
  } finally {
    await Promise.allSettled(ahead)
    keepPlaces(0)
  }
}

/** A stripe that is fetched ahead may fail before anyone waits for it. */
function startStripe(
  context: StoreContext,
  located: LocatedFile,
  stripe: ManifestStripe,
): Promise<readonly LentBytes[]> {
  const started = readStripe(context, located, stripe)
  started.catch(() => undefined)
  return started
}

async function readStripe(
  context: StoreContext,
  { keys, root }: LocatedFile,
  stripe: ManifestStripe,
): Promise<readonly LentBytes[]> {
  const { codec, readAhead } = context
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
        if (opened.outcome === 'opened') return piecesOf(region.bytes.subarray(0, plainBytes), readAhead.buffers)
        if (opened.outcome === 'wrong-key') throw manifestWrong(`its key does not open ${what}`)
        gathering.reject(opened.positions)
      }
    } finally {
      gathering.close()
    }
  })
}

/** A copy in buffers of one size, which any get can use again, whatever its coding. */
function piecesOf(plain: Uint8Array, buffers: BufferPool): readonly LentBytes[] {
  const pieces: LentBytes[] = []
  for (let at = 0; at < plain.length; at += limits.store.maxShardBytes) {
    const part = plain.subarray(at, at + limits.store.maxShardBytes)
    const piece = buffers.lend(part.length)
    piece.bytes.set(part)
    pieces.push(piece)
  }
  return pieces
}
