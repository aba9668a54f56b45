import canonicalize from 'canonicalize'
import { BorgError } from './errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * RFC 8785 text of a JSON value: what is signed, hashed and sent. Throws CORE_JSON_INVALID where JSON has no form for it; for a lone
 * surrogate too, since I-JSON (RFC 7493), on which RFC 8785 builds, has none.
 */
export function canonicalJson(value: JsonValue): string {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (cause) {
    throw invalidJson('the value has no canonical JSON form', cause)
  }
  if (text === undefined) throw invalidJson('the value has no canonical JSON form')
  return text
}

/** UTF-8 bytes of {@link canonicalJson}. */
export const canonicalJsonBytes = (value: JsonValue): Uint8Array => encoder.encode(canonicalJson(value))

/**
 * Reads JSON that must already be in its one canonical form: duplicate keys, other number spellings, spaces and key orders
 * are refused, so what was signed is what was read. Throws CORE_JSON_INVALID; `maxDepth` bounds nesting.
 */
export function parseCanonicalJson(bytes: Uint8Array, maxDepth = 32): JsonValue {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch (cause) {
    throw invalidJson('not UTF-8', cause)
  }
  if (nestingOf(text) > maxDepth) throw invalidJson(`nested deeper than ${maxDepth}`)
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw invalidJson('not JSON', cause)
  }
  if (canonicalJson(value) !== text) throw invalidJson('not in canonical form (RFC 8785)')
  return value
}

/** Deepest nesting of brackets outside strings: checked before parsing, since parsing and walking recurse. */
function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index)
    if (inString) {
      if (char === 0x5c) index += 1
      else if (char === 0x22) inString = false
    } else if (char === 0x22) inString = true
    else if (char === 0x7b || char === 0x5b) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (char === 0x7d || char === 0x5d) depth -= 1
  }
  return deepest
}

const invalidJson = (why: string, cause?: unknown): BorgError =>
  new BorgError(`unusable JSON: ${why}`, { code: 'CORE_JSON_INVALID', kind: 'invalid', blame: 'peer', cause })
