export type {
  AdmissionFacts,
  AdmissionModules,
  Admitted,
  BlockRefusal,
  ReadTransaction,
} from './execution/admission.ts'
export { admit, BLOCK_REFUSALS, readTransaction } from './execution/admission.ts'
export type {
  BlockBounds,
  BlockFacts,
  BlockLayer,
  BlockOutcome,
  NamedTransaction,
  TransactionVerifier,
} from './execution/block-facts.ts'
export { BlockRun, type ExecutionModules } from './execution/block-run.ts'
export { epochSeal } from './execution/epoch-seal.ts'
export { type BuiltBlock, buildBlock, executeBlock } from './execution/execute-block.ts'
export {
  applyGenesis,
  firstBeacon,
  genesisBlock,
  type LedgerGenesis,
  LedgerGenesisSchema,
  parseLedgerGenesis,
} from './execution/genesis.ts'
export { accountOf, accountTable } from './modules/accounts/account-table.ts'
export {
  CREATE_MAJORITY_ACCOUNT,
  createMajorityAccount,
  ROTATE_POLICY,
  rotatePolicy,
} from './modules/accounts/majority.ts'
export { transfer } from './modules/accounts/transfer.ts'
export { type Chain, chainOf, chainTable } from './modules/chain/chain-table.ts'
export { coreModules } from './modules/core-modules.ts'
export { committeeOf, committeeTable, leaderAccount } from './modules/members/committee-table.ts'
export type { Accusation, Evidence, SignedHeader } from './modules/members/evidence.ts'
export { encodeAccusation } from './modules/members/evidence.ts'
export {
  consentBytes,
  encodeJoin,
  JOIN,
  type Join,
  type JoinTerms,
  type MembersOptions,
} from './modules/members/join.ts'
export {
  MEMBER_STATES,
  type Member,
  type MemberState,
  memberOf,
  memberTable,
  type Offer,
} from './modules/members/member.ts'
export { MEMBERS_MODULE } from './modules/members/members-module.ts'
export { DRAIN, type Drain, drain, LEAVE, leave, UPDATE, type Update, update } from './modules/members/membership.ts'
export { SLASH } from './modules/members/slash.ts'
export { ModuleRegistry } from './modules/module-registry.ts'
export { type ParameterContext, parameter, parameterTable } from './modules/parameters/parameter-table.ts'
export { PARAMETERS, type ParameterName, type ParameterRule } from './modules/parameters/parameters.ts'
export { PARAMETERS_MODULE } from './modules/parameters/parameters-module.ts'
export { type ParameterChange, SET_PARAMETER, setParameter } from './modules/parameters/set-parameter.ts'
export type {
  BlockContext,
  EpochEndContext,
  Money,
  OperationContext,
  OperationType,
  StateModule,
} from './modules/state-module.ts'
export { type Supply, supplyTable } from './modules/supply/supply-table.ts'
export { type FinalState, openMemoryState } from './state/final-state.ts'
export type { AnyTable, StateChange, StatePoint, StateReader, StateWriter, Table } from './state/state.ts'
export type { StateLayer } from './state/state-layer.ts'
