import { createHash } from 'node:crypto'
import type { Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import {
  type BlockHeader,
  type Certificate,
  type Checkpoint,
  type Committee,
  committeeHash,
  compareBytes,
  type EpochProof,
  type FinalityProof,
  headerHash,
  type VoteKind,
  voteSigningBytes,
} from '@borgios/protocol'

export const START_MS = 1_800_000_000_000
const BLOCK_MS = 1_000

/** 32 bytes that stand for something. */
export const named = (name: string): Uint8Array => new Uint8Array(createHash('sha256').update(name).digest())

/** A committee whose secrets are known. */
export interface Signers {
  readonly committee: Committee
  /** In the committee's order. */
  readonly signers: readonly Signer[]
}

/** A committee of so many; other names have other keys. */
export function signersOf(name: string, epoch: number, weights: readonly number[]): Signers {
  const signers = weights
    .map((_, index) => sodiumEd25519.signerFromSeed(named(`${name} ${index}`)))
    .sort((one, other) => compareBytes(one.publicKey, other.publicKey))
  const validators = signers.map(({ publicKey }, index) => ({ key: publicKey, weight: weights[index] ?? 1 }))
  return { committee: { epoch, validators }, signers }
}

/** What a certificate differs in from an honest one. */
export interface Cast {
  readonly kind?: VoteKind
  readonly epoch?: number
  readonly slot?: number
  readonly network?: Uint8Array
  /** Positions that sign; all by default. */
  readonly voters?: readonly number[]
}

/** Votes about a block, by those who are told to. */
export function certify(network: Uint8Array, by: Signers, header: BlockHeader, cast: Cast = {}): Certificate {
  const {
    kind = 'final',
    epoch = header.epoch,
    slot = header.slot,
    voters = by.signers.map((_, position) => position),
  } = cast
  const subject = { kind, epoch, slot, block: headerHash(network, header) }
  const message = voteSigningBytes(cast.network ?? network, subject)
  const votes = voters.map((voter) => ({ voter, signature: by.signers[voter]?.sign(message) ?? new Uint8Array(64) }))
  return { ...subject, votes }
}

export interface ChainOptions {
  readonly name: string
  readonly epochs: number
  readonly epochBlocks: number
  readonly weights?: readonly number[]
  readonly stateRoot?: Uint8Array
  readonly receiptsRoot?: Uint8Array
  /** Another one's, to forge its blocks; one of its own by default. */
  readonly network?: Uint8Array
}

/** An honest chain: the committees, the headers by height, and what proves them. */
export class Chain {
  readonly network: Uint8Array
  readonly committees: readonly Signers[]
  /** The one of height h at h - 1. */
  readonly headers: readonly BlockHeader[]
  readonly #options: ChainOptions

  constructor(options: ChainOptions) {
    this.#options = options
    this.network = options.network ?? named(`network ${options.name}`)
    const { epochs, weights = [1, 1, 1, 1] } = options
    this.committees = Array.from({ length: epochs + 1 }, (_, epoch) =>
      signersOf(`${options.name} ${epoch}`, epoch, weights),
    )
    const headers: BlockHeader[] = []
    for (let height = 1; height <= epochs * options.epochBlocks; height += 1)
      headers.push(this.#make(height, headers.at(-1)))
    this.headers = headers
  }

  get checkpoint(): Checkpoint {
    const { epochBlocks: lastHeight, stateRoot = named('state') } = this.#options
    const { network } = this
    const { committee } = this.signersAt(0)
    return { network, committee, lastHeight, height: 0, blockHash: named('genesis'), stateRoot, timeMs: START_MS }
  }

  signersAt(epoch: number): Signers {
    const signers = this.committees[epoch]
    if (signers === undefined) throw new RangeError(`the chain has no epoch ${epoch}`)
    return signers
  }

  headerAt(height: number): BlockHeader {
    const header = this.headers[height - 1]
    if (header === undefined) throw new RangeError(`the chain has no height ${height}`)
    return header
  }

  /** Headers one after another, with the certificate about the last. */
  proofOf(headers: readonly BlockHeader[], cast: Cast & { readonly by?: Signers } = {}): FinalityProof {
    const last = headers.at(-1)
    if (last === undefined) throw new RangeError('a proof has headers')
    return { headers, certificate: certify(this.network, cast.by ?? this.signersAt(last.epoch), last, cast) }
  }

  /** From one height to another, within one epoch. */
  proofAt(height: number, to = height): FinalityProof {
    return this.proofOf(this.headers.slice(height - 1, to))
  }

  /** The step out of an epoch, made final by so many fillers. */
  epochProof(epoch: number, fillers = 0): EpochProof {
    const last = this.headerAt((epoch + 1) * this.#options.epochBlocks)
    const headers = [last]
    for (let parent = last; headers.length <= fillers; headers.push(parent)) parent = this.fillerOn(parent)
    return { last: this.proofOf(headers), next: this.signersAt(epoch + 1).committee }
  }

  fillerOn(parent: BlockHeader): BlockHeader {
    const slot = parent.slot + 1
    const { height, timeMs } = parent
    const link = { slot: parent.slot, hash: headerHash(this.network, parent) }
    return { ...parent, slot, height: height + 1, timeMs: timeMs + 1, parent: link, seal: undefined }
  }

  #make(height: number, parent: BlockHeader | undefined): BlockHeader {
    const { epochBlocks, stateRoot = named('state'), receiptsRoot = named('receipts') } = this.#options
    const epoch = Math.floor((height - 1) / epochBlocks)
    const slot = 2 * ((height - 1) % epochBlocks)
    const hash = parent === undefined ? named('genesis') : headerHash(this.network, parent)
    const nextCommittee = committeeHash(this.signersAt(epoch + 1).committee)
    const seal = { lastHeight: height + epochBlocks, beacon: named(`beacon ${epoch + 1}`), nextCommittee }
    return {
      epoch,
      slot,
      height,
      parent: { slot: parent?.epoch === epoch ? parent.slot : -1, hash },
      timeMs: START_MS + height * BLOCK_MS,
      leader: height % this.signersAt(epoch).signers.length,
      baseFee: 1n,
      usedUnits: 0,
      payload: named(`payload ${height}`),
      stateRoot,
      receiptsRoot,
      committee: committeeHash(this.signersAt(epoch).committee),
      seal: height % epochBlocks === 0 ? seal : undefined,
    }
  }
}
