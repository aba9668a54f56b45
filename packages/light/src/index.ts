export { type Support, type VerifyContext, verifyCertificate } from './certificate.ts'
export type { Anchor, FinalBlock } from './chain.ts'
export {
  type AskLedger,
  confirmKept,
  LedgerReader,
  type LedgerReaderModules,
  type LedgerReaderOptions,
  type Proven,
} from './ledger-reader.ts'
export { type Fork, LightClient, type LightClientModules, type LightClientOptions } from './light-client.ts'
export { verifyAccount, verifyReceipt, verifyState } from './proofs.ts'
export { accountRecords, type RecordTable } from './record-table.ts'
