import { computeLimits } from './compute.ts'
import { coreLimits } from './core.ts'
import { ledgerLimits } from './ledger.ts'
import { nodeLimits } from './node.ts'
import { peertreeLimits } from './peertree.ts'
import { storeLimits } from './store.ts'

/**
 * Every bound of BorgIOS in one place: sizes, counts, times, retries. Grouped by room; each with its unit last in the
 * name and its reason beside it. A room reads its own group and, where it passes on what a room below it bounds, that room's.
 */
export const limits = {
  ...coreLimits,
  ...peertreeLimits,
  ...storeLimits,
  ...computeLimits,
  ...nodeLimits,
  ...ledgerLimits,
} as const
