import { createState, isWanted, recover, step } from '@borgios/ledger'
import { verifyCertificate } from '@borgios/light'

/** What is under test: the true core and its gatekeeper, or a mutant of them. */
export interface LedgerCore {
  readonly createState: typeof createState
  readonly recover: typeof recover
  readonly isWanted: typeof isWanted
  readonly step: typeof step
  readonly verifyCertificate: typeof verifyCertificate
}

export const trueCore: LedgerCore = { createState, isWanted, recover, step, verifyCertificate }
