import { limits } from '@borgios/core'
import type { Block, BlockRef } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { BlockArchive, FinalGroup } from '../engine/engine-ports.ts'
import { encodeArchived } from '../sync/archived-block.ts'
import type { BlockStore } from './block-store.ts'

/** Final blocks as the engine hands them over, kept in a block store. */
export class StoredBlockArchive implements BlockArchive {
  readonly #store: BlockStore
  /** The oldest first. */
  readonly #recent = new Map<string, Block>()

  constructor(store: BlockStore) {
    this.#store = store
  }

  /** Throws as {@link BlockStore.append}. */
  append({ blocks, fillers, certificate }: FinalGroup): void {
    const headers = fillers.map(({ block }) => block.header)
    for (const [index, { block, hash, height, epoch }] of blocks.entries()) {
      const isLast = index === blocks.length - 1
      const finality = isLast ? { fillers: headers, certificate } : undefined
      this.#store.append(height, epoch, encodeArchived({ block, finality }))
      this.#keep(hash, block)
    }
  }

  sync(): Promise<void> {
    return this.#store.sync()
  }

  /** One of the newest; who lacks older ones catches up by height. */
  find({ hash }: BlockRef): Block | undefined {
    return this.#recent.get(hashKey(hash))
  }

  #keep(hash: Uint8Array, block: Block): void {
    this.#recent.set(hashKey(hash), block)
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= limits.ledgerJournal.recentBlocks) break
      this.#recent.delete(oldest)
    }
  }
}
