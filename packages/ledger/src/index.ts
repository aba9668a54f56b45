export type { Candidate, FinalBlock } from './consensus/candidate.ts'
export type {
  ConsensusEffect,
  ConsensusEvent,
  ConsensusMessage,
  ConsensusRecord,
  Evidence,
  Status,
} from './consensus/consensus-io.ts'
export { type ConsensusState, createState, leaderOf } from './consensus/consensus-state.ts'
export { defaultTiming, type EpochOptions, type Timing } from './consensus/epoch-options.ts'
export { isConflict } from './consensus/evidence.ts'
export { isWanted } from './consensus/receiving.ts'
export { recover } from './consensus/recover.ts'
export { step } from './consensus/step.ts'
export type { BlockContext, Money, OperationContext, OperationType, StateModule } from './modules/state-module.ts'
export type { StateReader, StateWriter, Table } from './state/state.ts'
