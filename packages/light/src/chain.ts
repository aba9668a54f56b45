import {
  type BlockHeader,
  type Committee,
  committeeHash,
  compareBytes,
  type FinalityProof,
  headerHash,
} from '@borgios/protocol'
import { noSupport, type Support, type VerifyContext, verifyCertificate } from './certificate.ts'
import { brokenChain, foreignCertificate, unknownEpoch } from './errors.ts'

declare const final: unique symbol

interface NamedHeader {
  readonly header: BlockHeader
  /** What names the block: {@link headerHash}. */
  readonly hash: Uint8Array
}

/** A block that belongs to the chain for good: only this room's checks make one. */
export type FinalBlock = NamedHeader & { readonly support: Support; readonly [final]: true }

/** A block that is trusted, and what others are held against. */
export interface Anchor {
  readonly height: number
  readonly hash: Uint8Array
  readonly timeMs: number
}

/** An epoch whose committee is trusted. */
export interface TrustedEpoch {
  readonly committee: Committee
  /** The last block before it or, where a checkpoint lay within it, that block: what is not above it is not looked at. */
  readonly start: Anchor
  /** Height of its last block. What stands above it are fillers, which make the last one final and belong to no chain. */
  readonly lastHeight: number
}

export const isSame = (one: Uint8Array, other: Uint8Array): boolean => compareBytes(one, other) === 0

export const anchorOf = ({ header: { height, timeMs }, hash }: NamedHeader): Anchor => ({ height, hash, timeMs })

/** Throws LIGHT_CHAIN_BROKEN unless both can be blocks of one chain: one block at a height, parents right below, time rising with the heights. */
export function assertFits({ header, hash }: NamedHeader, trusted: Anchor): void {
  const above = header.height - trusted.height
  if (above === 0 && !isSame(hash, trusted.hash)) throw brokenChain(`another block of height ${header.height} is final`)
  if (above === 1 && !isSame(header.parent.hash, trusted.hash))
    throw brokenChain('a parent that is not the block below')
  if (Math.sign(header.timeMs - trusted.timeMs) !== Math.sign(above)) throw brokenChain('time that runs backwards')
}

/**
 * The block where an epoch that is trusted by a checkpoint begins, when it is the last of the epoch before: nobody's signatures are looked at, since
 * whoever gave the checkpoint is believed. Throws LIGHT_EPOCH_UNKNOWN for any other block.
 */
export function startBlock(network: Uint8Array, { start, committee }: TrustedEpoch, header: BlockHeader): FinalBlock {
  const block = knownBlock(network, start.hash, header, committee)
  if (block !== undefined) return block
  throw unknownEpoch(`a block of epoch ${header.epoch}, where this client began in ${committee.epoch}`)
}

/** A block that is trusted by its hash; undefined for a header of another one. `committee`: whose signatures are not looked at. */
export function knownBlock(
  network: Uint8Array,
  trusted: Uint8Array,
  header: BlockHeader,
  committee: Committee,
): FinalBlock | undefined {
  const hash = headerHash(network, header)
  return isSame(hash, trusted) ? ({ header, hash, support: noSupport(committee) } as FinalBlock) : undefined
}

function assertOfEpoch(header: BlockHeader, epoch: TrustedEpoch, committee: Uint8Array): void {
  const { validators, epoch: number } = epoch.committee
  if (header.epoch !== number || !isSame(header.committee, committee)) throw brokenChain('a header of another epoch')
  if (header.leader >= validators.length) throw brokenChain('a leader who is not in the committee')
  const isLast = header.height === epoch.lastHeight
  if (isLast !== (header.seal !== undefined)) throw brokenChain('a seal anywhere but in the last block of an epoch')
}

function assertChild({ header, hash }: NamedHeader, child: BlockHeader, { lastHeight }: TrustedEpoch): void {
  const isLinked = isSame(child.parent.hash, hash) && child.parent.slot === header.slot
  // The time of a filler says nothing, and validators do not look at it.
  const isTimely = child.timeMs > header.timeMs || child.height > lastHeight
  const isLater = child.slot > header.slot && child.height === header.height + 1
  if (!isLinked || !isLater || !isTimely) throw brokenChain('headers that do not follow one another')
}

/**
 * The first block of a proof, when each is the parent of the next and a quorum finalised the last. Throws LIGHT_CHAIN_BROKEN, or what
 * {@link verifyCertificate} throws.
 */
export function verifyFinality(context: VerifyContext, epoch: TrustedEpoch, proof: FinalityProof): FinalBlock {
  const committee = committeeHash(epoch.committee)
  const blocks = proof.headers.map((header) => ({ header, hash: headerHash(context.network, header) }))
  let last: NamedHeader | undefined
  for (const block of blocks) {
    assertOfEpoch(block.header, epoch, committee)
    if (last !== undefined) assertChild(last, block.header, epoch)
    last = block
  }
  const [first] = blocks
  if (first === undefined || last === undefined) throw brokenChain('a proof without headers')
  const { height } = first.header
  if (height < epoch.start.height || height > epoch.lastHeight)
    throw brokenChain(`height ${height} is not in the epoch`)
  const { kind, slot, block } = proof.certificate
  if (kind !== 'final' || slot !== last.header.slot || !isSame(block, last.hash)) {
    throw foreignCertificate('a certificate that does not finalise the block')
  }
  const support = verifyCertificate(context, epoch.committee, proof.certificate)
  return { ...first, support } as FinalBlock
}
