import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { HASH_BYTES, hashTag, SIGNATURE_BYTES } from './hashes.ts'

/** Says a vote's stage. `notar`: I saw and checked this block first. `skip`: its time ran out. `final`: I saw a quorum notarise it. */
export const VOTE_KINDS = ['notar', 'skip', 'final'] as const
export type VoteKind = (typeof VOTE_KINDS)[number]

/** What a vote is about. */
export interface VoteSubject {
  readonly kind: VoteKind
  readonly epoch: number
  readonly slot: number
  /** 32 bytes; zeros for a skip. */
  readonly block: Uint8Array
}

export interface Vote extends VoteSubject {
  /** Position in the committee. */
  readonly voter: number
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Votes of a quorum about one subject: proof for everybody. */
export interface Certificate extends VoteSubject {
  /** Strictly rising positions in the committee, with their signatures. */
  readonly votes: readonly { readonly voter: number; readonly signature: Uint8Array }[]
}

const { maxValidators } = limits.ledgerCodec

const SUBJECT_BYTES = 1 + 8 + 8 + HASH_BYTES
const CAST_BYTES = 2 + SIGNATURE_BYTES
const VOTE_TAG = hashTag('vote/1')
const NO_BLOCK: Uint8Array = new Uint8Array(HASH_BYTES)

/** What a skip has for its block. */
export const noBlock = (): Uint8Array => NO_BLOCK.slice()

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

function writeSubject(writer: ByteWriter, { kind, epoch, slot, block }: VoteSubject): ByteWriter {
  assert(block.length === HASH_BYTES, 'a hash has 32 bytes')
  assert(kind !== 'skip' || isZero(block), 'a skip is about no block')
  return writer.u8(VOTE_KINDS.indexOf(kind)).u64(epoch).u64(slot).fixed(block)
}

function readSubject(reader: ByteReader): VoteSubject {
  const kind = VOTE_KINDS[reader.u8()]
  if (kind === undefined) throw malformed('a vote of no known kind')
  const epoch = reader.u64()
  const slot = reader.u64()
  const block = reader.fixed(HASH_BYTES)
  if (kind === 'skip' && !isZero(block)) throw malformed('a skip about a block')
  return { kind, epoch, slot, block }
}

function writeCast(writer: ByteWriter, voter: number, signature: Uint8Array): ByteWriter {
  assert(voter < maxValidators, 'a voter has a place in the committee')
  assert(signature.length === SIGNATURE_BYTES, 'a signature has 64 bytes')
  return writer.u16(voter).fixed(signature)
}

function readCast(reader: ByteReader): { voter: number; signature: Uint8Array } {
  const voter = reader.u16()
  if (voter >= maxValidators) throw malformed('a voter beyond any committee')
  return { voter, signature: reader.fixed(SIGNATURE_BYTES) }
}

/** What a vote signs: a tag, the network's 32 bytes and the subject: kind u8 in the order of {@link VOTE_KINDS}, epoch u64, slot u64, block 32. */
export function voteSigningBytes(network: Uint8Array, subject: VoteSubject): Uint8Array {
  assert(network.length === HASH_BYTES, 'a network has 32 bytes')
  const writer = new ByteWriter(VOTE_TAG.length + HASH_BYTES + SUBJECT_BYTES)
  return writeSubject(writer.fixed(VOTE_TAG).fixed(network), subject).finish()
}

/** The subject, voter u16, signature 64. */
export const encodeVote = (vote: Vote): Uint8Array =>
  writeCast(writeSubject(new ByteWriter(SUBJECT_BYTES + CAST_BYTES), vote), vote.voter, vote.signature).finish()

/** Its bytes are views. Throws PROTOCOL_MALFORMED. */
export function decodeVote(bytes: Uint8Array): Vote {
  const reader = new ByteReader(bytes)
  const vote = { ...readSubject(reader), ...readCast(reader) }
  reader.end()
  return vote
}

/** Puts a certificate into a longer encoding. */
export function writeCertificate(writer: ByteWriter, certificate: Certificate): void {
  const { votes } = certificate
  assert(votes.length >= 1 && votes.length <= maxValidators, 'a certificate has votes, and not too many')
  writeSubject(writer, certificate).u8(votes.length)
  let previous = -1
  for (const { voter, signature } of votes) {
    assert(voter > previous, 'voters rise')
    writeCast(writer, voter, signature)
    previous = voter
  }
}

/** Takes a certificate out of a longer encoding. Throws PROTOCOL_MALFORMED. */
export function readCertificate(reader: ByteReader): Certificate {
  const subject = readSubject(reader)
  const count = reader.u8()
  if (count === 0 || count > maxValidators) throw malformed('a certificate has votes, and not too many')
  const votes: { voter: number; signature: Uint8Array }[] = []
  for (let previous = -1; votes.length < count; ) {
    const vote = readCast(reader)
    if (vote.voter <= previous) throw malformed('voters do not rise')
    votes.push(vote)
    previous = vote.voter
  }
  return { ...subject, votes }
}

/** The subject, number of votes u8, each voter u16 and signature 64. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  const writer = new ByteWriter(SUBJECT_BYTES + 1 + certificate.votes.length * CAST_BYTES)
  writeCertificate(writer, certificate)
  return writer.finish()
}

/** Its bytes are views; whether the votes stand is not looked at. Throws PROTOCOL_MALFORMED. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  const reader = new ByteReader(bytes)
  const certificate = readCertificate(reader)
  reader.end()
  return certificate
}
