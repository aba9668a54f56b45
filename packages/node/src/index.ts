export { DaemonClient } from './client/daemon-client.ts'
export { type ApplicationKeys, type ApplicationTerms, signApplication } from './ledger/application.ts'
export { type FoundingMember, type GenesisPlan, ledgerGenesis } from './ledger/ledger-genesis.ts'
