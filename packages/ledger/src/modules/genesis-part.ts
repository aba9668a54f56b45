import { isBorgError, type JsonValue } from '@borgios/core'
import { type Static, type TSchema, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { genesisInvalid } from '../errors.ts'

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

/** Does what genesis asks for: what the rules refuse, it may not ask. */
export function orGenesisInvalid<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (isBorgError(error)) throw genesisInvalid(error.message, error)
    throw error
  }
}
