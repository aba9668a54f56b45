import { assert } from '@borgios/core'
import { ByteReader, ByteWriter, malformed } from '@borgios/protocol'
import type { StateReader, Table } from '../../state/state.ts'
import { PARAMETERS, type ParameterName, type ParameterValue } from './parameters.ts'

/** What a parameter is, and what was decided that it will be. Counts too are kept as bigint. */
export interface ParameterRecord {
  readonly value: bigint
  readonly later: { readonly value: bigint; readonly fromEpoch: number } | undefined
}

const KEY_BYTES = 2
const MAX_RECORD_BYTES = 8 + 1 + 8 + 8

/** Keyed by {@link PARAMETERS}' numbers. */
export const parameterTable: Table<number, ParameterRecord> = {
  id: 4,
  name: 'parameters',
  isListed: true,
  encodeKey: (number) => new ByteWriter(KEY_BYTES).u16(number).finish(),
  decodeKey(bytes) {
    const reader = new ByteReader(bytes)
    const number = reader.u16()
    reader.end()
    return number
  },
  encode({ value, later }) {
    const writer = new ByteWriter(MAX_RECORD_BYTES).amount(value).u8(later === undefined ? 0 : 1)
    if (later !== undefined) writer.amount(later.value).u64(later.fromEpoch)
    return writer.finish()
  },
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const value = reader.amount()
    const isLater = reader.u8()
    if (isLater > 1) throw malformed('a change is there or not')
    const later = isLater === 1 ? { value: reader.amount(), fromEpoch: reader.u64() } : undefined
    reader.end()
    return { value, later }
  },
  held: () => 0n,
}

/** Where and when a parameter is asked for. */
export interface ParameterContext {
  readonly state: StateReader
  readonly epoch: number
}

/** The value that holds in an epoch. One that genesis did not know yet is what this version begins with. */
export function valueIn(record: ParameterRecord | undefined, epoch: number): bigint | undefined {
  const later = record?.later
  return later !== undefined && epoch >= later.fromEpoch ? later.value : record?.value
}

/** What a parameter is in the context's epoch. */
export function parameter<Name extends ParameterName>(
  { state, epoch }: ParameterContext,
  name: Name,
): ParameterValue<Name> {
  const { number, first } = PARAMETERS[name]
  const value = valueIn(state.get(parameterTable, number), epoch) ?? BigInt(first)
  const typed: number | bigint = typeof first === 'bigint' ? value : Number(value)
  assert(typeof typed === typeof first, 'a parameter is a count or an amount')
  return typed as ParameterValue<Name>
}
