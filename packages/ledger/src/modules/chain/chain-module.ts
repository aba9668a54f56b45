import { parameter } from '../parameters/parameter-table.ts'
import { ONLY } from '../singleton.ts'
import type { StateModule } from '../state-module.ts'
import { chainTable } from './chain-table.ts'

/** What the next block stands on. The execution of blocks keeps it. */
export const chainModule: StateModule = {
  id: 3,
  name: 'chain',
  tables: [chainTable],
  operations: [],
  refusals: {},
  onGenesis(context) {
    const { state, height, epoch, beacon, timeMs } = context
    const lastHeight = height + parameter(context, 'epochBlocks')
    const baseFee = parameter(context, 'leastBaseFee')
    state.set(chainTable, ONLY, { height, timeMs, epoch, beacon, lastHeight, baseFee })
  },
}
