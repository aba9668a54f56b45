import { limits } from '@borgios/core'
import {
  type Block,
  type BlockHeader,
  ByteReader,
  ByteWriter,
  type Certificate,
  decodeBlock,
  decodeCertificate,
  decodeHeader,
  encodeBlock,
  encodeCertificate,
  encodeHeader,
  malformed,
} from '@borgios/protocol'
import type { FinalGroup } from '../engine/engine-ports.ts'

const { maxFillers, maxFrameBytes } = limits.ledgerLinks

/** Why a block and those before it are final. */
export interface Finality {
  /** Headers of fillers, from the one above the block up to the one the certificate is about. */
  readonly fillers: readonly BlockHeader[]
  readonly certificate: Certificate
}

/** One final block as it is kept, and sent to who catches up. */
export interface ArchivedBlock {
  readonly block: Block
  /** With the last of those that became final together. */
  readonly finality: Finality | undefined
}

/** Blocks that became final together, the last of which says why. */
export type ArchivedGroup = readonly ArchivedBlock[]

/** How a group that became final is kept: a record for each block. */
export const archivedOf = ({ blocks, fillers, certificate }: FinalGroup): ArchivedGroup =>
  blocks.map(({ block }, index) => {
    if (index < blocks.length - 1) return { block, finality: undefined }
    return { block, finality: { fillers: fillers.map((filler) => filler.block.header), certificate } }
  })

/** Block with its length u32; 0, or 1, number of fillers u16, each header with its length u32, and the certificate with its length u32. */
export function encodeArchived({ block, finality }: ArchivedBlock): Uint8Array {
  const writer = new ByteWriter().bytes(encodeBlock(block)).u8(finality === undefined ? 0 : 1)
  if (finality === undefined) return writer.finish()
  writer.u16(finality.fillers.length)
  for (const header of finality.fillers) writer.bytes(encodeHeader(header))
  return writer.bytes(encodeCertificate(finality.certificate)).finish()
}

/** Throws PROTOCOL_MALFORMED. Its parts are views of the bytes. */
export function decodeArchived(bytes: Uint8Array): ArchivedBlock {
  const reader = new ByteReader(bytes)
  const block = decodeBlock(reader.bytes(maxFrameBytes))
  const flag = reader.u8()
  if (flag > 1) throw malformed('why a block is final stands there or not')
  const finality = flag === 1 ? readFinality(reader) : undefined
  reader.end()
  return { block, finality }
}

function readFinality(reader: ByteReader): Finality {
  const count = reader.u16()
  if (count > maxFillers) throw malformed('too many fillers')
  const fillers: BlockHeader[] = []
  while (fillers.length < count) fillers.push(decodeHeader(reader.bytes(maxFrameBytes)))
  return { fillers, certificate: decodeCertificate(reader.bytes(maxFrameBytes)) }
}
