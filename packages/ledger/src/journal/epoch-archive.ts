import { limits } from '@borgios/core'
import { type EpochProof, encodeEpochProof } from '@borgios/protocol'
import type { BlockStore } from './block-store.ts'

/** How epochs ended, by their numbers: kept for good, since whoever comes late follows the committees along them. */
export class EpochArchive {
  readonly #store: BlockStore

  constructor(store: BlockStore) {
    this.#store = store
  }

  /** The newest epoch whose end is kept; undefined if none is. */
  get last(): number | undefined {
    const position = this.#store.lastAppended
    return position === 0 ? undefined : epochAt(position)
  }

  /**
   * One that is there already is left as it is; after a gap the run begins anew. One that took so many fillers that no message holds it makes such a
   * gap: who comes later needs a checkpoint from above it. Throws as {@link BlockStore.append}.
   */
  append(proof: EpochProof): void {
    const { headers } = proof.last
    const [end] = headers
    if (end !== undefined && headers.length <= limits.ledgerCodec.maxProofHeaders)
      this.#store.append(positionOf(end.epoch), end.epoch, encodeEpochProof(proof))
  }

  /** An encoded epoch proof; undefined for an epoch whose end is not kept. Throws as {@link BlockStore.read}. */
  read(epoch: number): Promise<Uint8Array | undefined> {
    return this.#store.read(positionOf(epoch))
  }

  sync(): Promise<void> {
    return this.#store.sync()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Positions begin with 1, epochs with 0. */
const positionOf = (epoch: number): number => epoch + 1
const epochAt = (position: number): number => position - 1
