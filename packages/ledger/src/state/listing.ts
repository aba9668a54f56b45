import { assert } from '@borgios/core'
import { textOf } from '../text-of.ts'
import type { AnyTable } from './state.ts'
import { bytesOf, recordName, type StateSource } from './state-source.ts'

/** Encoded keys and values of a listed table, in the order of the keys, from an encoded key on. */
export function* listing(
  source: StateSource,
  table: AnyTable,
  from: Uint8Array | undefined,
): Iterable<readonly [Uint8Array, Uint8Array]> {
  assert(table.isListed, `table ${table.name} cannot be listed`)
  let next = from === undefined ? '' : textOf(from)
  for (;;) {
    const text = source.firstKey(table, next)
    if (text === undefined) return
    const key = bytesOf(text)
    const value = source.valueOf(recordName(table.id, key))
    if (value !== undefined) yield [key, value]
    // No string stands between one and the same with a zero behind it.
    next = `${text}\0`
  }
}
