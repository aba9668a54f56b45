import { accountOf, type Ledger, unitsBy } from '@borgios/ledger'
import {
  ACCOUNTS_MODULE,
  decodeTransaction,
  decodeTransfer,
  encodeTransaction,
  TRANSFER,
  type Transaction,
} from '@borgios/protocol'

/** What the undecided transactions of an account move and may cost, and the nonce of its next one. */
export interface Leaving {
  readonly amount: bigint
  readonly count: number
  readonly nextNonce: number
}

/** What an account has under way. */
export function leavingOf(ledger: Ledger, account: Uint8Array): Leaving {
  const nonce = accountOf(ledger.state, account)?.nonce ?? 0
  const undecided = ledger.undecided(account)
  let amount = 0n
  let count = 0
  for (const [at, bytes] of undecided) {
    if (at < nonce) continue
    const transaction = decodeTransaction(bytes)
    amount += greatestFee(ledger, transaction) + movedBy(transaction)
    count += 1
  }
  let nextNonce = nonce
  while (undecided.has(nextNonce)) nextNonce += 1
  return { amount, count, nextNonce }
}

/** Most that a transaction can cost in fees, in micro-units. */
export function greatestFee(ledger: Ledger, transaction: Transaction): bigint {
  const units = unitsBy(ledger.chain.modules.registry)(transaction, encodeTransaction(transaction).length)
  return BigInt(units) * transaction.maxFeePerUnit
}

const movedBy = ({ operations }: Transaction): bigint =>
  operations
    .filter(({ module, kind }) => module === ACCOUNTS_MODULE && kind === TRANSFER)
    .reduce((sum, { body }) => sum + decodeTransfer(body).amount, 0n)
