import { limits } from '@borgios/core'
import { strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** Type of the broadcast by which a node tells all others of the transactions of its users. */
export const LEDGER_TRANSACTIONS = 'ledger.transactions'

/** Body of that broadcast. Each transaction is signed by itself; the envelope only says who brought them. */
export const LedgerTransactionsSchema = strictObject({
  /** Base64url of what `encodePayload` makes of them. */
  payload: Type.String({
    minLength: 1,
    maxLength: Math.ceil((limits.ledgerMempool.batchBytes * 4) / 3),
    pattern: '^[A-Za-z0-9_-]+$',
  }),
})
export type LedgerTransactions = Static<typeof LedgerTransactionsSchema>

const transactionsCheck = Compile(LedgerTransactionsSchema)

export const isLedgerTransactions = (value: unknown): value is LedgerTransactions => transactionsCheck.Check(value)
