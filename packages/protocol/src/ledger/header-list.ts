import { assert, limits } from '@borgios/core'
import { malformed } from '../errors.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { type BlockHeader, readHeader, writeHeader } from './header.ts'

const { maxProofHeaders } = limits.ledgerCodec

/** Puts headers into a longer encoding. */
export function writeHeaders(writer: ByteWriter, headers: readonly BlockHeader[]): void {
  assert(headers.length >= 1 && headers.length <= maxProofHeaders, 'there are headers, and not too many')
  writer.u16(headers.length)
  for (const header of headers) writeHeader(writer, header)
}

/** Takes headers out of a longer encoding. Throws PROTOCOL_MALFORMED. */
export function readHeaders(reader: ByteReader): readonly BlockHeader[] {
  const count = reader.u16()
  if (count === 0 || count > maxProofHeaders) throw malformed('there are headers, and not too many')
  const headers: BlockHeader[] = []
  while (headers.length < count) headers.push(readHeader(reader))
  return headers
}

/** Number u16, headers. */
export function encodeHeaders(headers: readonly BlockHeader[]): Uint8Array {
  const writer = new ByteWriter()
  writeHeaders(writer, headers)
  return writer.finish()
}

/** Their parts are views of the bytes. Throws PROTOCOL_MALFORMED. */
export function decodeHeaders(bytes: Uint8Array): readonly BlockHeader[] {
  const reader = new ByteReader(bytes)
  const headers = readHeaders(reader)
  reader.end()
  return headers
}
