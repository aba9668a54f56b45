import { canonicalJsonBytes, type JsonValue, limits, messageOf } from '@borgios/core'
import { unsendable } from '../errors.ts'
import type { StreamMessage } from '../peer-network.ts'
import { PREFIX_BYTES } from './message-reader.ts'

/** A piece this short rides with its neighbour. */
const SMALL_BYTES = 16 * 1024

/**
 * The bytes of a message in the pieces to write: views into the payload, except when it is so small that a piece of its own would
 * cost more. Throws PEERTREE_UNSENDABLE.
 */
export function toPieces({ header, payload }: StreamMessage): readonly Uint8Array[] {
  const headerBytes = headerBytesOf(header)
  const { maxStreamPayloadBytes, streamChunkBytes } = limits.peertree
  if (payload.length > maxStreamPayloadBytes) {
    throw unsendable(`a stream message holds at most ${maxStreamPayloadBytes} bytes, this one has ${payload.length}`)
  }
  const inline = payload.length <= SMALL_BYTES ? payload.length : 0
  const first = new Uint8Array(PREFIX_BYTES + headerBytes.length + inline)
  const view = new DataView(first.buffer)
  view.setUint32(0, headerBytes.length)
  view.setUint32(4, payload.length)
  first.set(headerBytes, PREFIX_BYTES)
  if (inline > 0) first.set(payload, PREFIX_BYTES + headerBytes.length)
  const pieces: Uint8Array[] = [first]
  for (let start = inline; start < payload.length; start += streamChunkBytes) {
    pieces.push(payload.subarray(start, start + streamChunkBytes))
  }
  return pieces
}

function headerBytesOf(header: JsonValue): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = canonicalJsonBytes(header)
  } catch (cause) {
    throw unsendable(`the stream header cannot be sent: ${messageOf(cause)}`, {}, cause)
  }
  const { maxStreamHeaderBytes } = limits.peertree
  if (bytes.length > maxStreamHeaderBytes) {
    throw unsendable(`a stream header holds at most ${maxStreamHeaderBytes} bytes, this one has ${bytes.length}`)
  }
  return bytes
}
