import {
  type Block,
  type BlockRef,
  ByteReader,
  ByteWriter,
  type Certificate,
  decodeBlock,
  decodeCertificate,
  decodeVote,
  encodeBlock,
  encodeCertificate,
  encodeVote,
  HASH_BYTES,
  type Vote,
} from '@borgios/protocol'
import type { ConsensusMessage, Status } from '../consensus/consensus-io.ts'
import type { Frame } from '../links/frames.ts'

/** What a frame says, as far as it can be read without knowing the epoch. */
export type WireMessage =
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'candidate'; readonly block: Block }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'fetch'; readonly epoch: number; readonly block: BlockRef }

const STATUS_BYTES = 3 * 8
const FETCH_BYTES = 2 * 8 + HASH_BYTES

/** A message of the core as a frame. Votes, certificates and blocks in their own encodings. */
export function frameOf(message: ConsensusMessage): Frame {
  switch (message.kind) {
    case 'vote':
      return { kind: 'vote', body: encodeVote(message.vote) }
    case 'certificate':
      return { kind: 'certificate', body: encodeCertificate(message.certificate) }
    case 'candidate':
      return blockFrame(message.candidate.block)
    case 'status':
      return { kind: 'status', body: encodeStatus(message.status) }
  }
}

export const blockFrame = (block: Block): Frame => ({ kind: 'candidate', body: encodeBlock(block) })

/** Epoch u64, final slot + 1 u64, current slot u64. */
const encodeStatus = ({ epoch, finalSlot, currentSlot }: Status): Uint8Array =>
  new ByteWriter(STATUS_BYTES)
    .u64(epoch)
    .u64(finalSlot + 1)
    .u64(currentSlot)
    .finish()

/** Asks for a block of an epoch: epoch u64, slot + 1 u64, hash 32. */
export const fetchFrame = (epoch: number, { slot, hash }: BlockRef): Frame => ({
  kind: 'fetch',
  body: new ByteWriter(FETCH_BYTES)
    .u64(epoch)
    .u64(slot + 1)
    .fixed(hash)
    .finish(),
})

/** Inverse of {@link frameOf} and {@link fetchFrame}. Throws PROTOCOL_MALFORMED; what it says is not looked at. */
export function readFrame({ kind, body }: Frame): WireMessage {
  switch (kind) {
    // Votes are kept: as views they would keep the whole message they came in.
    case 'vote':
      return { kind, vote: decodeVote(body.slice()) }
    case 'certificate':
      return { kind, certificate: decodeCertificate(body.slice()) }
    case 'candidate':
      return { kind, block: decodeBlock(body) }
    case 'status':
      return { kind, status: readStatus(body) }
    case 'fetch':
      return { kind, ...readFetch(body) }
  }
}

function readStatus(bytes: Uint8Array): Status {
  const reader = new ByteReader(bytes)
  const status = { epoch: reader.u64(), finalSlot: reader.u64() - 1, currentSlot: reader.u64() }
  reader.end()
  return status
}

function readFetch(bytes: Uint8Array): { epoch: number; block: BlockRef } {
  const reader = new ByteReader(bytes)
  const fetch = { epoch: reader.u64(), block: { slot: reader.u64() - 1, hash: reader.fixed(HASH_BYTES) } }
  reader.end()
  return fetch
}
