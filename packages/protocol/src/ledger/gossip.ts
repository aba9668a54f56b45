import { limits } from '@borgios/core'
import { CounterSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'

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

/** Type of the broadcast by which the leader of a block tells those who only follow that it is final. A hint: they ask for the proof. */
export const LEDGER_FINAL = 'ledger.final'

const LedgerFinalSchema = strictObject({ height: CounterSchema })
export type LedgerFinal = Static<typeof LedgerFinalSchema>

const finalCheck = Compile(LedgerFinalSchema)

export const isLedgerFinal = (value: unknown): value is LedgerFinal => finalCheck.Check(value)
