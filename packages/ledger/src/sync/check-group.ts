import { type Block, type BlockHeader, type Certificate, compareBytes } from '@borgios/protocol'
import type { Candidate, CandidateHead } from '../consensus/candidate.ts'
import type { FinalGroup } from '../engine/engine-ports.ts'
import type { EpochRules } from '../engine/epoch-rules.ts'
import { badSyncMessage } from '../errors.ts'
import type { ArchivedGroup } from './archived-block.ts'

/** Headers from the first block of a group up to the one that the certificate is about. */
export interface GroupProof {
  readonly headers: readonly BlockHeader[]
  readonly certificate: Certificate
}

/** A group that is final, whose blocks are still to come. */
export interface ProvenGroup {
  readonly heads: readonly CandidateHead[]
  readonly fillers: readonly Candidate[]
  readonly certificate: Certificate
}

/** That these blocks of the epoch follow one another and are final. Throws LEDGER_SYNC_MESSAGE. */
export function checkGroup(archived: ArchivedGroup, rules: EpochRules): FinalGroup {
  const finality = archived.at(-1)?.finality
  if (finality === undefined) throw badSyncMessage('blocks without a word why they are final')
  const headers = [...archived.map(({ block }) => block.header), ...finality.fillers]
  const { heads, fillers, certificate } = checkProof({ headers, certificate: finality.certificate }, rules)
  if (heads.length > archived.length) throw badSyncMessage('a block among the fillers')
  if (heads.length < archived.length) throw badSyncMessage('a filler among the blocks')
  const blocks = archived.map(({ block }) => candidateOf(block, rules))
  return { blocks, fillers, certificate }
}

/** That headers of the epoch follow one another and are final. Those above the last block of the epoch are fillers. Throws LEDGER_SYNC_MESSAGE. */
export function checkProof({ headers, certificate }: GroupProof, rules: EpochRules): ProvenGroup {
  const path = headers.map((header) => headOf(header, rules))
  assertPath(path)
  const newest = path.at(-1)
  const isAboutNewest =
    newest !== undefined &&
    certificate.kind === 'final' &&
    certificate.slot === newest.slot &&
    compareBytes(certificate.block, newest.hash) === 0
  if (!isAboutNewest || !rules.isCertificate(certificate)) throw badSyncMessage('blocks that are not final')
  const heads = path.filter(({ isFiller }) => !isFiller)
  const fillers = headers
    .slice(heads.length)
    .map((header) => candidateOf({ header, signature: new Uint8Array(64), transactions: [] }, rules))
  return { heads, fillers, certificate }
}

/** Each stands on the one before. */
function assertPath(path: readonly CandidateHead[]): void {
  for (const [index, child] of path.entries()) {
    const above = path[index - 1]
    if (above === undefined) continue
    const isLinked = compareBytes(child.parent.hash, above.hash) === 0 && child.parent.slot === above.slot
    if (!isLinked || child.slot <= above.slot || child.height !== above.height + 1) {
      throw badSyncMessage('blocks that do not follow one another')
    }
  }
}

function headOf(header: BlockHeader, rules: EpochRules): CandidateHead {
  const head = rules.headOf(header)
  if (head === undefined) throw badSyncMessage('a block that is not of this epoch')
  return head
}

/** Throws LEDGER_SYNC_MESSAGE for a block whose payload is not what its header says. */
export function candidateOf(block: Block, rules: EpochRules): Candidate {
  const candidate = rules.candidateOf(block)
  if (candidate === undefined) throw badSyncMessage('a block that is not of this epoch')
  return candidate
}
