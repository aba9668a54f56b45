import { assert } from '@borgios/core'
import type { Candidate, FinalBlock } from '@borgios/ledger'
import type { Certificate } from '@borgios/protocol'

/** Final blocks with what proves them. */
export interface Commit {
  readonly blocks: readonly Candidate[]
  readonly fillers: readonly Candidate[]
  readonly certificate: Certificate
}

/** Where a node stands by its durable blocks alone. */
export interface Standing {
  readonly epoch: number
  readonly final: FinalBlock
  readonly certificate: Certificate | undefined
}

export const GENESIS_HASH = new Uint8Array(32)

const keyOf = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1')

/** The durable chain of one node. */
export class FinalStore {
  /** The block of height h is at h - 1. */
  readonly blocks: Candidate[] = []
  certificate: Certificate | undefined
  readonly #byHash = new Map<string, Candidate>()

  get height(): number {
    return this.blocks.length
  }

  /** Takes what is above the last block. Whether there was any. */
  add({ blocks, fillers, certificate }: Commit): boolean {
    for (const filler of fillers) this.#byHash.set(keyOf(filler.hash), filler)
    const news = blocks.filter(({ height }) => height > this.height)
    for (const block of news) {
      const tip = this.blocks.at(-1)?.hash ?? GENESIS_HASH
      const fits = block.height === this.height + 1 && Buffer.compare(block.parent.hash, tip) === 0
      assert(fits, 'final blocks follow each other')
      this.blocks.push(block)
      this.#byHash.set(keyOf(block.hash), block)
    }
    if (news.length === 0) return false
    this.certificate = certificate
    return true
  }

  find(hash: Uint8Array): Candidate | undefined {
    return this.#byHash.get(keyOf(hash))
  }

  /** The next epoch begins where its predecessor's last block is final. */
  get standing(): Standing {
    const tip = this.blocks.at(-1)
    const { certificate } = this
    if (tip === undefined || certificate === undefined) {
      return { epoch: 0, final: { slot: -1, hash: GENESIS_HASH, height: 0 }, certificate: undefined }
    }
    const { hash, height } = tip
    if (tip.isLast) return { epoch: tip.epoch + 1, final: { slot: -1, hash, height }, certificate: undefined }
    return { epoch: tip.epoch, final: { slot: certificate.slot, hash, height }, certificate }
  }
}
