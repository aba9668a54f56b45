import { canonicalJsonBytes, type JsonValue, limits, messageOf, parseCanonicalJson } from '@borgios/core'
import { misbehaved, unsendable } from '../errors.ts'

/** The payload of a frame. Throws PEERTREE_UNSENDABLE if it has no JSON form or does not fit. */
export function toPayload(value: unknown, what: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = canonicalJsonBytes(value as JsonValue)
  } catch (cause) {
    throw unsendable(`${what} cannot be sent: ${messageOf(cause)}`, {}, cause)
  }
  const room = limits.peertree.maxFrameBytes - 1
  if (bytes.length > room) throw unsendable(`${what} has ${bytes.length} bytes as JSON; at most ${room} fit a frame`)
  return bytes
}

/** Reads a payload that must be of one shape. Throws PEERTREE_MISBEHAVED. */
export function fromPayload<Message>(
  payload: Uint8Array,
  is: (value: unknown) => value is Message,
  what: string,
): Message {
  let value: unknown
  try {
    value = parseCanonicalJson(payload, limits.core.jsonDepth)
  } catch (cause) {
    throw misbehaved(`the peer sent a malformed ${what}`, {}, cause)
  }
  if (!is(value)) throw misbehaved(`the peer sent a malformed ${what}`)
  return value
}
