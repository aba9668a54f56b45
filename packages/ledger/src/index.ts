export { Dealing, makeDealing } from './beacon/dealing.ts'
export { beaconOf, secretCommitment, secretOf } from './beacon/outcome.ts'
export { beaconRound, type Instance, Round, secretRound } from './beacon/round.ts'
export { openShare, ownSeed, type Recovery, recoverSeed, type Seed, type Share } from './beacon/shares.ts'
export type { AdmissionFacts, AdmissionModules, Admitted, ReadTransaction, Refusal } from './execution/admission.ts'
export { admit, REFUSALS, readTransaction } from './execution/admission.ts'
export type {
  BlockBounds,
  BlockFacts,
  BlockLayer,
  BlockOutcome,
  NamedTransaction,
  TransactionVerifier,
} from './execution/block-facts.ts'
export { BlockRun, type ExecutionModules } from './execution/block-run.ts'
export { type BuiltBlock, buildBlock, executeBlock } from './execution/execute-block.ts'
export {
  applyGenesis,
  firstBeacon,
  type LedgerGenesis,
  LedgerGenesisSchema,
  parseLedgerGenesis,
} from './execution/genesis.ts'
export { accountOf, accountTable } from './modules/accounts/account-table.ts'
export { accountsModule } from './modules/accounts/accounts-module.ts'
export {
  CREATE_MAJORITY_ACCOUNT,
  createMajorityAccount,
  ROTATE_POLICY,
  rotatePolicy,
} from './modules/accounts/majority.ts'
export { transfer } from './modules/accounts/transfer.ts'
export { beaconDuties } from './modules/beacon/beacon-duties.ts'
export { BEACON_MODULE, beaconModule } from './modules/beacon/beacon-module.ts'
export { type BeaconModules, BeaconRounds } from './modules/beacon/beacon-rounds.ts'
export { type BeaconRecord, beaconTable } from './modules/beacon/beacon-tables.ts'
export { nextBeacon } from './modules/beacon/settlement.ts'
export { chainModule } from './modules/chain/chain-module.ts'
export { type Chain, chainOf, chainTable } from './modules/chain/chain-table.ts'
export { ModuleRegistry } from './modules/module-registry.ts'
export { type ParameterContext, parameter, parameterTable } from './modules/parameters/parameter-table.ts'
export { PARAMETERS, type ParameterName, type ParameterRule } from './modules/parameters/parameters.ts'
export { parametersModule } from './modules/parameters/parameters-module.ts'
export { type ParameterChange, SET_PARAMETER, setParameter } from './modules/parameters/set-parameter.ts'
export type {
  BlockContext,
  EpochEndContext,
  Money,
  OperationContext,
  OperationType,
  StateModule,
} from './modules/state-module.ts'
export { supplyModule } from './modules/supply/supply-module.ts'
export { type Supply, supplyTable } from './modules/supply/supply-table.ts'
export { type FinalState, openMemoryState } from './state/final-state.ts'
export type { AnyTable, StateChange, StatePoint, StateReader, StateWriter, Table } from './state/state.ts'
export type { StateLayer } from './state/state-layer.ts'
