import { limits } from '@borgios/core'
import { type BlockHeader, decodeHeader, encodeHeader, type FinalityProof } from '@borgios/protocol'
import type { BlockStore } from '../journal/block-store.ts'
import { decodeArchived } from '../sync/archived-block.ts'

/** Why the block of a height and those up to the end of its group are final. */
export interface ArchivedFinality {
  readonly proof: FinalityProof
  /** How many of its headers are blocks; the rest are fillers. */
  readonly blocks: number
}

/** Undefined if it is not known, or longer than a proof may be. Throws as {@link BlockStore.read}, and PROTOCOL_MALFORMED. */
export async function finalityFrom(
  blocks: Pick<BlockStore, 'read'>,
  first: number,
): Promise<ArchivedFinality | undefined> {
  const headers: BlockHeader[] = []
  for (let height = first; headers.length < limits.ledgerCodec.maxProofHeaders; height += 1) {
    const bytes = await blocks.read(height)
    if (bytes === undefined) return undefined
    const { block, finality } = decodeArchived(bytes)
    // A copy: the header is a view, which would keep the whole block.
    headers.push(decodeHeader(encodeHeader(block.header)))
    if (finality === undefined) continue
    const { fillers, certificate } = finality
    if (headers.length + fillers.length > limits.ledgerCodec.maxProofHeaders) return undefined
    return { proof: { headers: [...headers, ...fillers], certificate }, blocks: headers.length }
  }
  return undefined
}
