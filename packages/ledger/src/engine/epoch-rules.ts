import { assert, isBorgError, NodeId } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import { verifyCertificate } from '@borgios/light'
import {
  type Block,
  type BlockHeader,
  type Certificate,
  type Committee,
  committeeHash,
  compareBytes,
  type EpochProof,
  encodePayload,
  type FinalityProof,
  headerHash,
  proposalSigningBytes,
  type Vote,
  type VoteSubject,
  voteSigningBytes,
} from '@borgios/protocol'
import type { Candidate, CandidateHead } from '../consensus/candidate.ts'
import { payloadHashOf } from '../execution/native-hashes.ts'
import { type Chain, committeeIn } from './chain.ts'
import type { FinalGroup } from './engine-ports.ts'

export interface EpochRulesOptions {
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly committee: Committee
  /** Height of the epoch's last block. */
  readonly lastHeight: number
}

/** Which signatures stand in one epoch, and what a block is to consensus. */
export class EpochRules {
  readonly committee: Committee
  readonly lastHeight: number
  readonly #network: Uint8Array
  readonly #committeeHash: Uint8Array
  readonly #ed25519: Ed25519

  constructor({ network, committee, lastHeight }: EpochRulesOptions, ed25519: Ed25519) {
    this.committee = committee
    this.lastHeight = lastHeight
    this.#network = network
    this.#committeeHash = committeeHash(committee)
    this.#ed25519 = ed25519
  }

  get validators(): readonly NodeId[] {
    return this.committee.validators.map(({ key }) => NodeId.fromBytes(key))
  }

  signVote(signer: Signer, voter: number, subject: VoteSubject): Vote {
    return { ...subject, voter, signature: signer.sign(voteSigningBytes(this.#network, subject)) }
  }

  signBlock(signer: Signer, header: BlockHeader, transactions: readonly Uint8Array[]): Block {
    const signature = signer.sign(proposalSigningBytes(headerHash(this.#network, header)))
    return { header, signature, transactions }
  }

  isVote(vote: Vote): boolean {
    const validator = this.committee.validators[vote.voter]
    if (validator === undefined || vote.epoch !== this.committee.epoch) return false
    return this.#ed25519.verify(voteSigningBytes(this.#network, vote), vote.signature, validator.key)
  }

  isCertificate(certificate: Certificate): boolean {
    try {
      verifyCertificate({ network: this.#network, ed25519: this.#ed25519 }, this.committee, certificate)
      return true
    } catch (error) {
      if (isBorgError(error)) return false
      throw error
    }
  }

  /** What a block is to consensus, as its header says; its payload is not looked at. Undefined if it belongs to another committee. */
  headOf(header: BlockHeader): CandidateHead | undefined {
    const { epoch, slot, height, parent, leader } = header
    if (epoch !== this.committee.epoch || compareBytes(header.committee, this.#committeeHash) !== 0) return undefined
    if (leader >= this.committee.validators.length || parent.slot >= slot) return undefined
    const hash = headerHash(this.#network, header)
    const isLast = height === this.lastHeight
    return { epoch, slot, height, hash, parent, leader, isLast, isFiller: height > this.lastHeight }
  }

  /** What a block is to consensus. Undefined if it belongs to another committee, or its payload is not what its header says. */
  candidateOf(block: Block): Candidate | undefined {
    const head = this.headOf(block.header)
    if (head === undefined) return undefined
    if (compareBytes(payloadHashOf(encodePayload(block.transactions)), block.header.payload) !== 0) return undefined
    return { ...head, isEmpty: block.transactions.length === 0, block }
  }

  /** Whether its leader signed it. */
  isSigned({ hash, leader }: CandidateHead, { signature }: Pick<Block, 'signature'>): boolean {
    const validator = this.committee.validators[leader]
    if (validator === undefined) return false
    return this.#ed25519.verify(proposalSigningBytes(hash), signature, validator.key)
  }
}

/** The rules of the epoch a chain is in. `network`: 32 bytes. */
export function rulesAt(chain: Chain, network: Uint8Array, ed25519: Ed25519): EpochRules {
  const { epoch, lastHeight } = chain.record
  return new EpochRules({ network, committee: committeeIn(chain.state, epoch), lastHeight }, ed25519)
}

/** How an epoch ended whose last block, final by this proof, is that of the chain's state. */
export function epochProofAfter(last: FinalityProof, { state }: Chain): EpochProof {
  const [header] = last.headers
  assert(header !== undefined, 'a proof is about a block')
  return { last, next: committeeIn(state, header.epoch + 1) }
}

/** How an epoch ended whose last block is the final one of this chain. */
export const epochProofOf = (
  { block }: Candidate,
  { fillers, certificate }: Omit<FinalGroup, 'blocks'>,
  chain: Chain,
): EpochProof => ({
  last: { headers: [block.header, ...fillers.map((filler) => filler.block.header)], certificate },
  next: committeeIn(chain.state, block.header.epoch + 1),
})
