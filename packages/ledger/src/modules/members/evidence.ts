import { assert } from '@borgios/core'
import {
  type BlockHeader,
  ByteReader,
  ByteWriter,
  compareBytes,
  decodeVote,
  encodeHeader,
  encodeVote,
  HASH_BYTES,
  headerHash,
  malformed,
  proposalSigningBytes,
  readHeader,
  SIGNATURE_BYTES,
  type Vote,
  voteSigningBytes,
} from '@borgios/protocol'
import { isConflict } from '../../consensus/evidence.ts'
import { evidenceWeak } from '../../errors.ts'
import type { MembersOptions } from './join.ts'

/** A header with its leader's signature. */
export interface SignedHeader {
  readonly header: BlockHeader
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Two things that no honest validator signs both. */
export type Evidence =
  | { readonly kind: 'votes'; readonly first: Vote; readonly second: Vote }
  | { readonly kind: 'proposals'; readonly first: SignedHeader; readonly second: SignedHeader }

/** Evidence and whom it is against. */
export interface Accusation {
  /** 32 bytes. */
  readonly node: Uint8Array
  readonly evidence: Evidence
}

const VOTES = 0
const PROPOSALS = 1
const VOTE_BYTES = 1 + 8 + 8 + HASH_BYTES + 2 + SIGNATURE_BYTES

/** Node 32, kind u8: 0 two votes, each as encoded; 1 two proposals, each a header and the signature 64. */
export function encodeAccusation({ node, evidence }: Accusation): Uint8Array {
  assert(node.length === HASH_BYTES, 'a node has 32 bytes')
  const writer = new ByteWriter().fixed(node).u8(evidence.kind === 'votes' ? VOTES : PROPOSALS)
  if (evidence.kind === 'votes')
    return writer.fixed(encodeVote(evidence.first)).fixed(encodeVote(evidence.second)).finish()
  for (const { header, signature } of [evidence.first, evidence.second]) {
    assert(signature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
    writer.fixed(encodeHeader(header)).fixed(signature)
  }
  return writer.finish()
}

/** Throws PROTOCOL_MALFORMED. */
export function decodeAccusation(bytes: Uint8Array): Accusation {
  const reader = new ByteReader(bytes)
  const node = reader.fixed(HASH_BYTES)
  const evidence = readEvidence(reader)
  reader.end()
  return { node, evidence }
}

function readEvidence(reader: ByteReader): Evidence {
  const kind = reader.u8()
  if (kind === VOTES) {
    return { kind: 'votes', first: decodeVote(reader.fixed(VOTE_BYTES)), second: decodeVote(reader.fixed(VOTE_BYTES)) }
  }
  if (kind === PROPOSALS) return { kind: 'proposals', first: readSigned(reader), second: readSigned(reader) }
  throw malformed('evidence of no known kind')
}

const readSigned = (reader: ByteReader): SignedHeader => ({
  header: readHeader(reader),
  signature: reader.fixed(SIGNATURE_BYTES),
})

/** Throws LEDGER_EVIDENCE_WEAK unless the node signed both and an honest validator never would. */
export function checkAccusation(options: MembersOptions, { node, evidence }: Accusation): void {
  if (evidence.kind === 'votes') checkVotes(options, node, evidence.first, evidence.second)
  else checkProposals(options, node, evidence.first, evidence.second)
}

function checkVotes({ network, ed25519 }: MembersOptions, node: Uint8Array, first: Vote, second: Vote): void {
  if (first.epoch !== second.epoch || first.slot !== second.slot) throw evidenceWeak('the votes are about two slots')
  if (!isConflict(first, second)) throw evidenceWeak('the votes may stand together')
  for (const vote of [first, second]) {
    if (!ed25519.verify(voteSigningBytes(network, vote), vote.signature, node))
      throw evidenceWeak('a signature is not its')
  }
}

function checkProposals(
  { network, ed25519 }: MembersOptions,
  node: Uint8Array,
  first: SignedHeader,
  second: SignedHeader,
): void {
  const isOneTurn = first.header.epoch === second.header.epoch && first.header.slot === second.header.slot
  if (!isOneTurn) throw evidenceWeak('the blocks are of two slots')
  const hashes = [headerHash(network, first.header), headerHash(network, second.header)] as const
  if (compareBytes(...hashes) === 0) throw evidenceWeak('it is one block')
  for (const [place, { signature }] of [first, second].entries()) {
    const hash = hashes[place]
    const stands = hash !== undefined && ed25519.verify(proposalSigningBytes(hash), signature, node)
    if (!stands) throw evidenceWeak('a signature is not its')
  }
}
