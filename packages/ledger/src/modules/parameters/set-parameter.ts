import { ByteReader, ByteWriter } from '@borgios/protocol'
import { parameterRefused } from '../../errors.ts'
import type { OperationType } from '../state-module.ts'
import { checkGovernors } from './governors-table.ts'
import { parameter, parameterTable, valueIn } from './parameter-table.ts'
import { isInRange, PARAMETERS, parameterOf, rangeOf } from './parameters.ts'

export const SET_PARAMETER = 1

/** What a parameter shall be. */
export interface ParameterChange {
  /** Of {@link PARAMETERS}. */
  readonly number: number
  readonly value: bigint
}

const BODY_BYTES = 2 + 8
const OPERATION_UNITS = 100

/** Decides what a parameter will be, after the delay. A decision that does not hold yet is replaced. Only the governors' account may. */
export const setParameter: OperationType<ParameterChange> = {
  kind: SET_PARAMETER,
  name: 'setParameter',
  encode: ({ number, value }) => new ByteWriter(BODY_BYTES).u16(number).amount(value).finish(),
  decode(bytes) {
    const reader = new ByteReader(bytes)
    const change = { number: reader.u16(), value: reader.amount() }
    reader.end()
    return change
  },
  units: () => OPERATION_UNITS,
  apply(context, { number, value }) {
    checkGovernors(context)
    const { state, epoch } = context
    const name = parameterOf(number)
    if (name === undefined) throw parameterRefused(`there is no parameter ${number}`)
    if (!isInRange(name, value)) throw parameterRefused(rangeOf(name))
    const now = valueIn(state.get(parameterTable, number), epoch) ?? BigInt(PARAMETERS[name].first)
    const fromEpoch = epoch + parameter(context, 'parameterDelayEpochs')
    state.set(parameterTable, number, { value: now, later: { value, fromEpoch } })
  },
}
