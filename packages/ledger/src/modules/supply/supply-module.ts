import type { StateModule } from '../state-module.ts'
import { supplyTable } from './supply-table.ts'

/** Treasury, burned and minted. What changes them goes through `Money`. */
export const supplyModule: StateModule = {
  id: 2,
  name: 'supply',
  tables: [supplyTable],
  operations: [],
  refusals: {},
}
