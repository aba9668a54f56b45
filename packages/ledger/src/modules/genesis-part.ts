import { assert, base32Pattern, decodeBase32, isBorgError, type JsonValue } from '@borgios/core'
import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { genesisInvalid } from '../errors.ts'

/** 32 bytes in base32: an account or a key. */
export const KeySchema = Type.String({ pattern: `^${base32Pattern(32)}$` })
/** Micro-units in decimals: JSON's numbers end at 2^53. */
export const AmountSchema = Type.String({ pattern: '^(0|[1-9][0-9]{0,18})$' })

/** A check of one module's part of genesis. Throws LEDGER_GENESIS_INVALID. */
export function genesisCheck<Schema extends TSchema>(name: string, schema: Schema) {
  const check = Compile(schema)
  return (part: JsonValue): Static<Schema> => {
    if (!check.Check(part)) throw genesisInvalid(`its part "${name}" has not the form it must have`)
    return part
  }
}

/** The bytes of a checked {@link KeySchema}. */
export function keyBytes(text: string): Uint8Array {
  const bytes = decodeBase32(text)
  assert(bytes?.length === 32, 'the schema lets only the base32 of 32 bytes through')
  return bytes
}

/** Does what genesis asks for: what the rules refuse, it may not ask. */
export function orGenesisInvalid<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (isBorgError(error)) throw genesisInvalid(error.message, error)
    throw error
  }
}
