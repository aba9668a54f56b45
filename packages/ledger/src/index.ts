export type { BlockContext, Money, OperationContext, OperationType, StateModule } from './modules/state-module.ts'
export type { StateReader, StateWriter, Table } from './state/state.ts'
