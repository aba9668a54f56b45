import type { Certificate, EpochProof } from '@borgios/protocol'
import type { FinalBlock } from '../consensus/candidate.ts'
import type { Chain } from '../engine/chain.ts'
import type { FinalBlockEvent } from '../engine/engine-ports.ts'
import { type EpochRules, epochProofAfter, epochProofOf } from '../engine/epoch-rules.ts'
import { archiveShort, chainDiverged } from '../errors.ts'
import { type ArchivedBlock, decodeArchived } from './archived-block.ts'
import type { BlockReader } from './block-server.ts'
import { checkGroup } from './check-group.ts'

/** Where consensus goes on after a start. */
export interface ReplayedChain {
  readonly final: FinalBlock
  readonly certificate: Certificate | undefined
}

/**
 * Applies the final blocks of the archive that the saved state does not have yet, and says where consensus goes on. `rulesOf` gives the
 * rules of the epoch the chain is in; `onFinal` is told of each block, `onEpochEnd` how epochs ended, from that of the state on. Throws LEDGER_DIVERGED, LEDGER_SYNC_MESSAGE, PROTOCOL_MALFORMED for an archive that is not this chain's.
 */
export async function replay(
  chain: Chain,
  blocks: BlockReader,
  rulesOf: () => EpochRules,
  onFinal: (block: FinalBlockEvent) => void = () => {},
  onEpochEnd: (proof: EpochProof) => void = () => {},
): Promise<ReplayedChain> {
  const end = await endAt(chain, blocks)
  if (end !== undefined) onEpochEnd(end)
  for (;;) {
    const group = await readGroup(blocks, chain.point.height + 1)
    if (group.length === 0) return placeOf(chain, blocks)
    const checked = checkGroup(group, rulesOf())
    for (const candidate of checked.blocks) {
      const { isOk, why } = chain.accepts(candidate)
      if (!isOk) throw chainDiverged(candidate.height, why)
      const outcome = chain.finalize(candidate)
      const { header, transactions } = candidate.block
      if (candidate.isLast) onEpochEnd(epochProofOf(candidate, checked, chain))
      onFinal({ header, hash: candidate.hash, transactions, ...outcome })
    }
  }
}

/** How the epoch ended whose last block is that of the state: a process that took the state in may have died before that was kept. */
async function endAt(chain: Chain, blocks: BlockReader): Promise<EpochProof | undefined> {
  const bytes = await blocks.read(chain.point.height)
  if (bytes === undefined) return undefined
  const { block, finality } = decodeArchived(bytes)
  if (block.header.seal === undefined || finality === undefined) return undefined
  const { fillers, certificate } = finality
  return epochProofAfter({ headers: [block.header, ...fillers], certificate }, chain)
}

/** A whole group from a height on; none if its end was never written. */
async function readGroup(blocks: BlockReader, from: number): Promise<readonly ArchivedBlock[]> {
  const group: ArchivedBlock[] = []
  for (let height = from; ; height += 1) {
    const bytes = await blocks.read(height)
    if (bytes === undefined) return []
    const archived = decodeArchived(bytes)
    group.push(archived)
    if (archived.finality !== undefined) return group
  }
}

/** In a new epoch slots begin anew. A group of which the end is missing leaves its blocks final without a word why. */
async function placeOf(chain: Chain, blocks: BlockReader): Promise<ReplayedChain> {
  const { height, block: hash } = chain.point
  if (height === 0) return { final: { slot: -1, hash, height }, certificate: undefined }
  const bytes = await blocks.read(height)
  if (bytes === undefined) throw archiveShort(height)
  const { block, finality } = decodeArchived(bytes)
  const certificate = finality?.certificate
  const slot = block.header.epoch === chain.record.epoch ? (certificate?.slot ?? block.header.slot) : -1
  return { final: { slot, hash, height }, certificate }
}
