import { createState, isWanted, recover, step } from '@borgios/ledger'

/** The core under test: the true one, or a mutant of it. */
export interface LedgerCore {
  readonly createState: typeof createState
  readonly recover: typeof recover
  readonly isWanted: typeof isWanted
  readonly step: typeof step
}

export const trueCore: LedgerCore = { createState, isWanted, recover, step }
