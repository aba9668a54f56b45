import type { BlockHeader, Committee } from '@borgios/protocol'
import { type Anchor, type FinalBlock, knownBlock } from './chain.ts'
import { brokenChain } from './errors.ts'

/**
 * The way from a trusted block down to older ones: each header names its parent, so that nobody's signatures are needed, and it does not
 * matter that those who signed then have nothing to lose any more.
 */
export class Descent {
  readonly #network: Uint8Array
  readonly #committee: Committee
  #height: number
  #hash: Uint8Array

  /** `from`: a trusted block, the first to come. */
  constructor(network: Uint8Array, { height, hash }: Anchor, committee: Committee) {
    this.#network = network
    this.#committee = committee
    this.#height = height
    this.#hash = hash
  }

  /** Of the block whose header comes next. */
  get height(): number {
    return this.#height
  }

  /** Takes that header. Throws LIGHT_CHAIN_BROKEN for any other. */
  take(header: BlockHeader): FinalBlock {
    const block = knownBlock(this.#network, this.#hash, header, this.#committee)
    if (block === undefined || header.height !== this.#height) {
      throw brokenChain('a header that is not the parent of the one above it')
    }
    this.#hash = header.parent.hash
    this.#height -= 1
    return block
  }
}
