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
  const path = [...blocks, ...fillers]
  for (const [index, { parent }] of path.entries()) {
    const before = path[index - 1]
    if (before !== undefined && compareBytes(parent.hash, before.hash) !== 0) throw badSyncMessage('a gap')
  }
  const newest = path.at(-1)
  const isAboutNewest =
    newest !== undefined && certificate.kind === 'final' && compareBytes(certificate.block, newest.hash) === 0
  if (!isAboutNewest || !rules.isCertificate(certificate)) throw badSyncMessage('blocks that are not final')
  return { blocks, fillers, certificate }
}

function candidateOf(block: Candidate['block'], rules: EpochRules): Candidate {
  const candidate = rules.candidateOf(block)
  if (candidate === undefined) throw badSyncMessage('a block that is not of this epoch')
  return candidate
}
