import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { HASH_BYTES, hashTag, taggedHash } from './hashes.ts'

/** Names a block by its place and hash. Genesis has slot -1 and height 0. */
export interface BlockRef {
  readonly slot: number
  readonly hash: Uint8Array
}

/** What the last header of an epoch says beside the rest: enough for a light client to step into the next. */
export interface EpochSeal {
  /** Height of the last block of the epoch that comes. What stands above it in that epoch are fillers, which belong to no chain. */
  readonly lastHeight: number
  /** 32 bytes of public randomness for the epoch that comes. */
  readonly beacon: Uint8Array
  /** Hash of the committee that comes. */
  readonly nextCommittee: Uint8Array
}

/** The head of a block: everything else hangs on it by hash. Hashes have 32 bytes. */
export interface BlockHeader {
  readonly epoch: number
  /** Counted anew in every epoch. */
  readonly slot: number
  /** Counted through all epochs; the first block has 1. */
  readonly height: number
  /** Slots count within an epoch: the parent of its first block has slot -1. */
  readonly parent: BlockRef
  /** Unix time as the leader says; above its parent's. */
  readonly timeMs: number
  /** Position of the leader in the committee. */
  readonly leader: number
  /** Micro-units a fee unit costs in this block. */
  readonly baseFee: bigint
  /** Fee units its transactions used. */
  readonly usedUnits: number
  /** {@link payloadHash} of its transactions. */
  readonly payload: Uint8Array
  /** Root of the state after this block. */
  readonly stateRoot: Uint8Array
  /** {@link receiptsRoot} of what became of its transactions. */
  readonly receiptsRoot: Uint8Array
  /** Hash of the committee that decides on it. */
  readonly committee: Uint8Array
  /** Only in the last block of an epoch. */
  readonly seal: EpochSeal | undefined
}

/** Leads every encoding, so that a later layout can be told from this one. */
const FORMAT = 1
const HEADER_BYTES = 1 + 5 * 8 + 2 + 2 * 8 + 5 * HASH_BYTES + 1
const SEAL_BYTES = 8 + 2 * HASH_BYTES
/** Of any header: what a list of them may take. */
export const MAX_HEADER_BYTES = HEADER_BYTES + SEAL_BYTES
const PROPOSAL_TAG = hashTag('proposal/1')
const {
  ledgerCodec: { maxValidators },
} = limits

const isHash = (bytes: Uint8Array): boolean => bytes.length === HASH_BYTES

/** Puts a header into a longer encoding. */
export function writeHeader(writer: ByteWriter, header: BlockHeader): void {
  const { parent, payload, stateRoot, receiptsRoot, committee, seal } = header
  assert([parent.hash, payload, stateRoot, receiptsRoot, committee].every(isHash), 'a hash has 32 bytes')
  assert(header.leader < maxValidators, 'a leader has a place in the committee')
  writer.u8(FORMAT).u64(header.epoch).u64(header.slot).u64(header.height)
  // The parent of an epoch's first block has slot -1.
  writer.u64(parent.slot + 1).fixed(parent.hash)
  writer.u64(header.timeMs).u16(header.leader).amount(header.baseFee).u64(header.usedUnits)
  writer.fixed(payload).fixed(stateRoot).fixed(receiptsRoot).fixed(committee)
  writer.u8(seal === undefined ? 0 : 1)
  if (seal === undefined) return
  assert(isHash(seal.beacon) && isHash(seal.nextCommittee), 'a hash has 32 bytes')
  writer.u64(seal.lastHeight).fixed(seal.beacon).fixed(seal.nextCommittee)
}

/** Takes a header out of a longer encoding. Throws PROTOCOL_MALFORMED. */
export function readHeader(reader: ByteReader): BlockHeader {
  if (reader.u8() !== FORMAT) throw malformed('a block in a format that this version does not know')
  const epoch = reader.u64()
  const slot = reader.u64()
  const height = reader.u64()
  const parent = { slot: reader.u64() - 1, hash: reader.fixed(HASH_BYTES) }
  const timeMs = reader.u64()
  const leader = reader.u16()
  if (leader >= maxValidators) throw malformed('a leader beyond any committee')
  const baseFee = reader.amount()
  const usedUnits = reader.u64()
  const payload = reader.fixed(HASH_BYTES)
  const stateRoot = reader.fixed(HASH_BYTES)
  const receiptsRoot = reader.fixed(HASH_BYTES)
  const committee = reader.fixed(HASH_BYTES)
  const seal = readSeal(reader)
  return {
    epoch,
    slot,
    height,
    parent,
    timeMs,
    leader,
    baseFee,
    usedUnits,
    payload,
    stateRoot,
    receiptsRoot,
    committee,
    seal,
  }
}

function readSeal(reader: ByteReader): EpochSeal | undefined {
  const present = reader.u8()
  if (present > 1) throw malformed('a seal is there or not')
  if (present === 0) return undefined
  return { lastHeight: reader.u64(), beacon: reader.fixed(HASH_BYTES), nextCommittee: reader.fixed(HASH_BYTES) }
}

/**
 * Format u8 = 1, epoch u64, slot u64, height u64, the parent's slot + 1 u64 and hash 32, time u64, leader u16, base fee u64, used units u64,
 * payload 32, state root 32, receipts root 32, committee 32, seal u8 0 or 1; then its last height u64, beacon 32 and next committee 32.
 */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const writer = new ByteWriter(MAX_HEADER_BYTES)
  writeHeader(writer, header)
  return writer.finish()
}

/** Its hashes are views of the bytes. Throws PROTOCOL_MALFORMED unless they are the one encoding of a header. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  const reader = new ByteReader(bytes)
  const header = readHeader(reader)
  reader.end()
  return header
}

/** What names a block in votes and in its children: bound to the network by its 32 bytes. */
export const headerHash = (network: Uint8Array, header: BlockHeader): Uint8Array => {
  assert(isHash(network), 'a network has 32 bytes')
  return taggedHash('header/1', network, encodeHeader(header))
}

/** What a leader signs: a tag and the header's hash, which is bound to the network. */
export const proposalSigningBytes = (header: Uint8Array): Uint8Array => {
  assert(isHash(header), 'a hash has 32 bytes')
  return new ByteWriter(PROPOSAL_TAG.length + HASH_BYTES).fixed(PROPOSAL_TAG).fixed(header).finish()
}
