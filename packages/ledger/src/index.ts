export { DiskSegmentFiles } from './adapters/disk-segment-files.ts'
export { Dealing, makeDealing } from './beacon/dealing.ts'
export { beaconOf, secretCommitment, secretOf } from './beacon/outcome.ts'
export { beaconRound, type Instance, Round, secretRound } from './beacon/round.ts'
export { openShare, ownSeed, type Recovery, recoverSeed, type Seed, type Share } from './beacon/shares.ts'
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
export type { FinalBlockEvent } from './engine/engine-ports.ts'
export {
  type AdmissionFacts,
  type AdmissionModules,
  type Admitted,
  admit,
  BLOCK_REFUSALS,
  type BlockRefusal,
  type ReadTransaction,
  readTransaction,
} from './execution/admission.ts'
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
export { StoredBlockArchive } from './journal/block-archive.ts'
export { BlockStore } from './journal/block-store.ts'
export { JournalConsensusLog, type LoggedRecord, readLogged } from './journal/consensus-log.ts'
export { EpochArchive } from './journal/epoch-archive.ts'
export { Journal, type OpenedJournal, type SlotPlace } from './journal/journal.ts'
export type { JournalRecord } from './journal/segment-codec.ts'
export type { SegmentFile, SegmentFiles } from './journal/segment-files.ts'
export type { SegmentLogModules } from './journal/segment-log.ts'
export { type AccountView, mapKey } from './mempool/account-view.ts'
export type { Admission, FinalPoint } from './mempool/admission.ts'
export { batchOf, readBatch } from './mempool/batch.ts'
export { type Fault, TransactionIntake } from './mempool/intake.ts'
export { type FinalStep, Mempool, type MempoolBounds, type MempoolModules } from './mempool/mempool.ts'
export { refusalText, stateText } from './mempool/mempool-words.ts'
export { TransactionOutbox } from './mempool/outbox.ts'
export type { PendingTransaction } from './mempool/pending-transaction.ts'
export { isPeersFault, type Refusal as MempoolRefusal } from './mempool/refusal.ts'
export type { SelectionRequest } from './mempool/selection.ts'
export type { Outcome, PendingReason, TransactionState } from './mempool/tracked-transaction.ts'
export {
  type FinalTransaction,
  type FollowedTransaction,
  type TrackerChange,
  TransactionTracker,
} from './mempool/transaction-tracker.ts'
export { fingerprintOf, RememberingVerifier } from './mempool/transaction-verifier.ts'
export { type UnitsOf, unitsBy } from './mempool/units.ts'
export { accountOf, accountTable } from './modules/accounts/account-table.ts'
export { accountsModule } from './modules/accounts/accounts-module.ts'
export {
  CREATE_MAJORITY_ACCOUNT,
  createMajorityAccount,
  ROTATE_POLICY,
  rotatePolicy,
} from './modules/accounts/majority.ts'
export { MONEY_REASONS, type MoneyCause, type MoneyMove, type MoneyReason } from './modules/accounts/money-moves.ts'
export { transfer } from './modules/accounts/transfer.ts'
export { beaconDuties } from './modules/beacon/beacon-duties.ts'
export { BEACON_MODULE, beaconModule } from './modules/beacon/beacon-module.ts'
export { BeaconRounds } from './modules/beacon/beacon-rounds.ts'
export { type BeaconRecord, beaconTable } from './modules/beacon/beacon-tables.ts'
export { nextBeacon } from './modules/beacon/settlement.ts'
export { chainModule } from './modules/chain/chain-module.ts'
export { type Chain, chainOf, chainTable } from './modules/chain/chain-table.ts'
export { coreModules } from './modules/core-modules.ts'
export { auditSeedOf, drawParts } from './modules/earning/audit-draw.ts'
export {
  EARNING_MODULE,
  type Finding,
  type ReportBody,
} from './modules/earning/earning-module.ts'
export {
  creditedBy,
  type Emitted,
  emissionTable,
  emittedTable,
  type Payout,
  type PayoutOutcome,
  payoutTable,
} from './modules/earning/earning-records.ts'
export {
  type AuditDuty,
  accruedTo,
  dutiesOf,
  type EarningLine,
  type Earnings,
  earningsOf,
  jobBills,
  jobSpendingOf,
  type LeaseStanding,
  leaseStanding,
  type PaidPart,
  paidPartsOf,
  type Spending,
} from './modules/earning/earning-view.ts'
export { type AmountBody, ESCROW_MODULE, type HoldBody } from './modules/escrow/escrow-module.ts'
export { type Disputes, disputeTable, type Hold, holdIdOf, holdTable } from './modules/escrow/hold.ts'
export { holdsBy, type JobHoldView, jobHoldsOn, reservedLabels } from './modules/escrow/hold-view.ts'
export { allowanceLeft, GRANTS_MODULE, type GrantBody } from './modules/grants/grants-module.ts'
export { decodeTerms, type JobTerms, jobCost, type MeterReading } from './modules/jobs/job-terms.ts'
export {
  JOBS_MODULE,
  type JobAssignBody,
  type JobHoldBody,
  type JobReadingBody,
  jobHoldIdOf,
  NO_NODE,
} from './modules/jobs/jobs-module.ts'
export type {
  AssignBody,
  DismissBody,
  ExtendBody,
  NodeLeasesBody,
  OpenBody,
  ReserveBody,
} from './modules/leases/lease-bodies.ts'
export { entriesOf, type ProposedEntry } from './modules/leases/lease-book.ts'
export { costOf, paidUntilMs, rateOf } from './modules/leases/lease-price.ts'
export {
  type EntryKey,
  entryTable,
  type Holder,
  holderTable,
  type Lease,
  type LeaseEntry,
  leaseIdOf,
  leaseTable,
} from './modules/leases/lease-records.ts'
export { LEASES_MODULE, reservationIdOf } from './modules/leases/leases.ts'
export { committeeOf, committeeTable, leaderAccount } from './modules/members/committee-table.ts'
export {
  type Accusation,
  type Evidence as MemberEvidence,
  encodeAccusation,
  type SignedHeader,
} from './modules/members/evidence.ts'
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
export { PARAMETERS_MODULE, parametersModule } from './modules/parameters/parameters-module.ts'
export { type ParameterChange, SET_PARAMETER, setParameter } from './modules/parameters/set-parameter.ts'
export { ledgerTimeMs } from './modules/service/ledger-clock.ts'
export { ledgerServices } from './modules/service/ledger-service-ports.ts'
export { least } from './modules/service/money-math.ts'
export { moneyOperations, serviceModules } from './modules/service-modules.ts'
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
export { checkpointOf, type GenesisTrust, genesisTrust, unbondingMsOf } from './proofs/checkpoint-of.ts'
export { askMember, askMembers, type LightPeerModules } from './proofs/light-peer.ts'
export { ProofServer, type ProofSources, type ReceiptSource } from './proofs/proof-server.ts'
export {
  applyGenesisTo,
  type DiskStorageModules,
  type DiskStorageOptions,
  openDiskStorage,
} from './service/disk-storage.ts'
export { Duties, type DutiesModules, type Duty } from './service/duties.ts'
export type { Holding, Holdings } from './service/holdings.ts'
export type { Impairment } from './service/impairments.ts'
export { Ledger, type LedgerModules, type LedgerOptions, type LedgerStatus } from './service/ledger.ts'
export { type LedgerModuleSet, ledgerModules } from './service/ledger-modules.ts'
export type { LedgerStorage } from './service/ledger-storage.ts'
export { DiskState, type DiskStateOptions } from './state/disk-state.ts'
export { type FinalState, openMemoryState } from './state/final-state.ts'
export { explainingLmdb, openLmdb } from './state/lmdb-folder.ts'
export type { SavedPoint } from './state/saved-point.ts'
export type { AnyTable, StateChange, StatePoint, StateReader, StateWriter, Table } from './state/state.ts'
export { StateImport } from './state/state-import.ts'
export type { StateLayer } from './state/state-layer.ts'
export type { StateSnapshot } from './state/state-snapshot.ts'
export type { ArchivedBlock } from './sync/archived-block.ts'
