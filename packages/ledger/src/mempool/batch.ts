import type { JsonValue } from '@borgios/core'
import { decodePayload, encodePayload, isLedgerTransactions, type LedgerTransactions } from '@borgios/protocol'
import { falseTransactions } from '../errors.ts'

/** The body of a broadcast that brings these transactions to all: at most `limits.ledgerMempool.batchBytes` of payload. */
export const batchOf = (transactions: readonly Uint8Array[]): LedgerTransactions => ({
  payload: Buffer.from(encodePayload(transactions)).toString('base64url'),
})

/** Views of one buffer; what they say is not looked at. Throws LEDGER_FALSE_TRANSACTIONS. */
export function readBatch(body: JsonValue): Uint8Array[] {
  if (!isLedgerTransactions(body)) throw falseTransactions('not a batch of them')
  try {
    return decodePayload(new Uint8Array(Buffer.from(body.payload, 'base64url')))
  } catch {
    throw falseTransactions('a batch of no known layout')
  }
}
