import type { Candidate } from '@borgios/ledger'
import type { Committees } from './committees.ts'
import type { LedgerHost } from './ledger-host.ts'
import type { SignatureBook } from './signature-book.ts'

/** What the checks look at of a world. */
export interface WatchedLedger {
  readonly seed: number
  readonly nowMs: number
  readonly hosts: readonly LedgerHost[]
  readonly book: SignatureBook
  readonly committees: Committees
  /** Whether a block executes. */
  isValid(candidate: Candidate): boolean
}
