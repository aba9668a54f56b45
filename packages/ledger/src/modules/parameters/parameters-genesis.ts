import { type JsonValue, limits } from '@borgios/core'
import { AccountIdSchema, accountBytesOf, CounterSchema, strictObject } from '@borgios/crypto'
import { compareBytes, majorityAccount } from '@borgios/protocol'
import { Type } from 'typebox'
import { genesisInvalid } from '../../errors.ts'
import { accountTable } from '../accounts/account-table.ts'
import { AmountSchema, genesisCheck, orGenesisInvalid } from '../genesis-part.ts'
import { ONLY } from '../singleton.ts'
import type { BlockContext } from '../state-module.ts'
import { governorsTable } from './governors-table.ts'
import { parameterTable } from './parameter-table.ts'
import { isInRange, PARAMETER_NAMES, PARAMETERS, type ParameterName, rangeOf } from './parameters.ts'

const { maxAccountKeys } = limits.ledgerCodec

/** A governor's key is written as the plain account that it has. */
const PolicySchema = strictObject({
  needed: Type.Integer({ minimum: 1, maximum: maxAccountKeys }),
  keys: Type.Array(AccountIdSchema, { minItems: 1, maxItems: maxAccountKeys, uniqueItems: true }),
})

/** Counts as numbers, amounts as decimals. What is not named begins with its first value. */
const ValuesSchema = Type.Partial(
  strictObject(
    Object.fromEntries(
      PARAMETER_NAMES.map((name) => [name, typeof PARAMETERS[name].first === 'bigint' ? AmountSchema : CounterSchema]),
    ),
  ),
)

const check = genesisCheck(
  'parameters',
  strictObject({ values: Type.Optional(ValuesSchema), governors: Type.Optional(PolicySchema) }),
)

/** Writes every parameter, and the governors' account. Without governors nothing can be changed ever after. */
export function parametersGenesis(context: BlockContext, part: JsonValue | undefined): void {
  const { values = {}, governors } = part === undefined ? {} : check(part)
  for (const name of PARAMETER_NAMES) setFirst(context, name, BigInt(values[name] ?? PARAMETERS[name].first))
  if (governors !== undefined)
    orGenesisInvalid(() => setGovernors(context, governors.needed, governors.keys.map(accountBytesOf)))
}

function setFirst({ state }: BlockContext, name: ParameterName, value: bigint): void {
  if (!isInRange(name, value)) throw genesisInvalid(rangeOf(name))
  state.set(parameterTable, PARAMETERS[name].number, { value, later: undefined })
}

function setGovernors({ state }: BlockContext, needed: number, keys: Uint8Array[]): void {
  if (needed > keys.length) throw genesisInvalid(`of ${keys.length} governors never ${needed} can sign`)
  const policy = { needed, keys: keys.sort(compareBytes) }
  const account = majorityAccount(policy)
  state.set(accountTable, account, { balance: 0n, nonce: 0, policy })
  state.set(governorsTable, ONLY, account)
}
