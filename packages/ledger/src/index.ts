export type { BlockContext, Money, OperationContext, OperationType, StateModule } from './modules/state-module.ts'
export { type FinalState, openMemoryState } from './state/final-state.ts'
export type { AnyTable, StateChange, StatePoint, StateReader, StateWriter, Table } from './state/state.ts'
export type { StateLayer } from './state/state-layer.ts'
