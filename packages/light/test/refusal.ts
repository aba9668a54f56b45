import assert from 'node:assert/strict'
import { isBorgError } from '@borgios/core'

/** The code with which something is refused; fails when it is not. */
export function refusalOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (isBorgError(error)) return error.code
    throw error
  }
  return assert.fail('nothing was refused')
}

/** Copies of some bytes, each with one byte altered. */
export function* altered(bytes: Uint8Array, xor = 1): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1) {
    const copy = Uint8Array.from(bytes)
    copy[at] = (copy[at] ?? 0) ^ xor
    yield copy
  }
}
