import { compareBytes } from '@borgios/protocol'
import type { Candidate } from '../consensus/candidate.ts'
import type { FinalGroup } from '../engine/engine-ports.ts'
import type { EpochRules } from '../engine/epoch-rules.ts'
import { badSyncMessage } from '../errors.ts'
import type { ArchivedGroup } from './archived-block.ts'

/** That these blocks of the epoch follow one another and are final. Throws LEDGER_SYNC_MESSAGE. */
export function checkGroup(archived: ArchivedGroup, rules: EpochRules): FinalGroup {
  const finality = archived.at(-1)?.finality
  if (finality === undefined) throw badSyncMessage('blocks without a word why they are final')
  const { certificate } = finality
  const blocks = archived.map(({ block }) => candidateOf(block, rules))
  const fillers = finality.fillers.map((header) =>
    candidateOf({ header, signature: new Uint8Array(64), transactions: [] }, rules),
  )
  assertPath(blocks, fillers)
  const newest = [...blocks, ...fillers].at(-1)
  const isAboutNewest =
    newest !== undefined &&
    certificate.kind === 'final' &&
    certificate.slot === newest.slot &&
    compareBytes(certificate.block, newest.hash) === 0
  if (!isAboutNewest || !rules.isCertificate(certificate)) throw badSyncMessage('blocks that are not final')
  return { blocks, fillers, certificate }
}

/** Each stands on the one before, and what is above the last block of an epoch are fillers, and nothing else is. */
function assertPath(blocks: readonly Candidate[], fillers: readonly Candidate[]): void {
  if (blocks.some(({ isFiller }) => isFiller)) throw badSyncMessage('a filler among the blocks')
  if (!fillers.every(({ isFiller }) => isFiller)) throw badSyncMessage('a block among the fillers')
  const path = [...blocks, ...fillers]
  for (const [index, child] of path.entries()) {
    const above = path[index - 1]
    if (above === undefined) continue
    const isLinked = compareBytes(child.parent.hash, above.hash) === 0 && child.parent.slot === above.slot
    if (!isLinked || child.slot <= above.slot || child.height !== above.height + 1) {
      throw badSyncMessage('blocks that do not follow one another')
    }
  }
}

function candidateOf(block: Candidate['block'], rules: EpochRules): Candidate {
  const candidate = rules.candidateOf(block)
  if (candidate === undefined) throw badSyncMessage('a block that is not of this epoch')
  return candidate
}
