import { ByteReader, ByteWriter } from './bytes.ts'
import { type Committee, readCommittee, writeCommittee } from './committee.ts'
import type { BlockHeader } from './header.ts'
import { readHeaders, writeHeaders } from './header-list.ts'
import { type Certificate, readCertificate, writeCertificate } from './vote.ts'

/** That a block is part of the chain for good. */
export interface FinalityProof {
  /** From the block in question to the one that was finalised, each the parent of the next. All of one epoch. */
  readonly headers: readonly BlockHeader[]
  /** Of kind `final`, about the last of the headers. */
  readonly certificate: Certificate
}

/** The step from one epoch into the next. */
export interface EpochProof {
  /** Its first header is the last of its epoch. */
  readonly last: FinalityProof
  /** The committee which that header names. */
  readonly next: Committee
}

function writeFinalityProof(writer: ByteWriter, { headers, certificate }: FinalityProof): void {
  writeHeaders(writer, headers)
  writeCertificate(writer, certificate)
}

function readFinalityProof(reader: ByteReader): FinalityProof {
  return { headers: readHeaders(reader), certificate: readCertificate(reader) }
}

/** Number of headers u16, headers, certificate. */
export function encodeFinalityProof(proof: FinalityProof): Uint8Array {
  const writer = new ByteWriter()
  writeFinalityProof(writer, proof)
  return writer.finish()
}

/** Its parts are views of the bytes; whether it proves anything is not looked at. Throws PROTOCOL_MALFORMED. */
export function decodeFinalityProof(bytes: Uint8Array): FinalityProof {
  const reader = new ByteReader(bytes)
  const proof = readFinalityProof(reader)
  reader.end()
  return proof
}

/** The finality proof, the committee. */
export function encodeEpochProof({ last, next }: EpochProof): Uint8Array {
  const writer = new ByteWriter()
  writeFinalityProof(writer, last)
  writeCommittee(writer, next)
  return writer.finish()
}

/** Its parts are views of the bytes; whether it proves anything is not looked at. Throws PROTOCOL_MALFORMED. */
export function decodeEpochProof(bytes: Uint8Array): EpochProof {
  const reader = new ByteReader(bytes)
  const proof = { last: readFinalityProof(reader), next: readCommittee(reader) }
  reader.end()
  return proof
}
