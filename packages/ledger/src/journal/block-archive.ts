import { limits } from '@borgios/core'
import { type Block, type BlockRef, type EpochProof, headerHash } from '@borgios/protocol'
import { hashKey } from '../consensus/candidate.ts'
import type { BlockArchive, FinalGroup } from '../engine/engine-ports.ts'
import { decodeArchived, encodeArchived } from '../sync/archived-block.ts'
import type { BlockStore } from './block-store.ts'
import type { EpochArchive } from './epoch-archive.ts'

/** Final blocks as the engine hands them over, kept in a block store. */
export class StoredBlockArchive implements BlockArchive {
  readonly #store: BlockStore
  readonly #epochs: EpochArchive
  /** The oldest first. */
  readonly #recent = new Map<string, Block>()

  private constructor(store: BlockStore, epochs: EpochArchive) {
    this.#store = store
    this.#epochs = epochs
  }

  /**
   * Takes back the blocks of a group whose end a crash kept from being written: consensus makes them final anew, and the word why must come
   * to stand with them. Throws as {@link BlockStore.read}, and PROTOCOL_MALFORMED. `network`: 32 bytes.
   */
  static async open(store: BlockStore, epochs: EpochArchive, network: Uint8Array): Promise<StoredBlockArchive> {
    let height = store.lastAppended
    for (; ; height -= 1) {
      const bytes = await store.read(height)
      if (bytes === undefined || decodeArchived(bytes).finality !== undefined) break
    }
    store.dropAbove(height)
    const archive = new StoredBlockArchive(store, epochs)
    // Whoever stopped a few blocks earlier asks for these, and nobody may be able to make a new one without it.
    for (let at = height - limits.ledgerJournal.recentBlocks + 1; at <= height; at += 1) {
      const bytes = at > 0 ? await store.read(at) : undefined
      if (bytes === undefined) continue
      const { block } = decodeArchived(bytes)
      archive.#keep(headerHash(network, block.header), block)
    }
    return archive
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

  /** Goes on from a block that was archived elsewhere, above a gap. Throws PROTOCOL_MALFORMED, and as {@link BlockStore.append}. */
  begin(archived: Uint8Array): void {
    const { height, epoch } = decodeArchived(archived).block.header
    this.#store.append(height, epoch, archived)
  }

  appendEpoch(proof: EpochProof): void {
    this.#epochs.append(proof)
  }

  async sync(): Promise<void> {
    await this.#store.sync()
    await this.#epochs.sync()
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
