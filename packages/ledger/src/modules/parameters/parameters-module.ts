import type { StateModule } from '../state-module.ts'
import { governorsTable } from './governors-table.ts'
import { parameterTable } from './parameter-table.ts'
import { parametersGenesis } from './parameters-genesis.ts'
import { setParameter } from './set-parameter.ts'

export const PARAMETERS_MODULE = 4

/** What a network may set differently, and who decides on it. */
export const parametersModule: StateModule = {
  id: PARAMETERS_MODULE,
  name: 'parameters',
  tables: [parameterTable, governorsTable],
  operations: [setParameter],
  refusals: { LEDGER_NOT_GOVERNORS: 1, LEDGER_PARAMETER_REFUSED: 2 },
  onGenesis: parametersGenesis,
}
