import { type Blame, BorgError, type ErrorKind, type ErrorMeta } from '@borgios/core'
import type { Refusal } from './mempool/admission.ts'
import { refusalText } from './mempool/mempool-words.ts'

interface Details {
  readonly kind: ErrorKind
  readonly blame?: Blame
  readonly retryable?: boolean
  readonly meta?: ErrorMeta
  readonly cause?: unknown
}

const make = (code: string, message: string, details: Details): BorgError =>
  new BorgError(message, { code, ...details })

/** A transaction of an own user that the mempool does not take. */
export const transactionNotTaken = (refusal: Refusal): BorgError =>
  make('LEDGER_TRANSACTION_NOT_TAKEN', `the transaction was not taken: ${refusalText(refusal)}`, {
    kind: refusal.reason === 'mempoolFull' || refusal.reason === 'accountFull' ? 'exhausted' : 'invalid',
    blame: 'caller',
    retryable: refusal.reason === 'mempoolFull' || refusal.reason === 'accountFull',
    meta: { reason: refusal.reason },
  })

/** A batch of another node with something in it that no honest node sends. */
export const falseTransactions = (why: string): BorgError =>
  make('LEDGER_FALSE_TRANSACTIONS', `a node brought transactions that cannot be: ${why}`, {
    kind: 'byzantine',
    blame: 'peer',
  })

export const trackerFull = (most: number): BorgError =>
  make(
    'LEDGER_TRACKER_FULL',
    `this node already follows ${most} transactions of its users that are not decided yet; wait until some are, then send again`,
    { kind: 'exhausted', blame: 'caller', retryable: true, meta: { most } },
  )
