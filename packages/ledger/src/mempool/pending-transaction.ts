import { limits, messageOf } from '@borgios/core'
import type { Transaction } from '@borgios/protocol'
import { mapKey } from './account-view.ts'
import type { Refusal } from './refusal.ts'
import type { UnitsOf } from './units.ts'

/** A transaction that waits to enter a block. Its signatures stood when it came. Kept encoded: decoded it would take four times the memory. */
export interface PendingTransaction {
  readonly bytes: Uint8Array
  /** Of the bytes: see `fingerprintOf`. */
  readonly fingerprint: string
  /** The account, as the key of a map. */
  readonly account: string
  readonly nonce: number
  readonly lastHeight: number
  readonly units: number
  /** Most that it can cost its account in fees, in micro-units. Below {@link MAX_FEE}, so that sums of an account are exact. */
  readonly maxFee: number
  /** What it offers for a unit, in micro-units. */
  readonly feePerUnit: number
  /** Of that, what the leader may have. */
  readonly tipPerUnit: number
  /** Counts up: of two that offer the same, the one that came first goes first. */
  readonly arrival: number
  /** A user of this node watches it. */
  isOwn: boolean
}

/** Micro-units, thousands of millions of the currency: nobody offers that for a transaction. */
const MAX_FEE = Number.MAX_SAFE_INTEGER / limits.ledgerMempool.accountNonces

/** The entry of a decoded transaction. It keeps the bytes: they are not part of a whole batch, and nobody changes them. */
export function makePending(
  transaction: Transaction,
  bytes: Uint8Array,
  fingerprint: string,
  arrival: number,
  unitsOf: UnitsOf,
): PendingTransaction | Refusal {
  let units: number
  try {
    units = unitsOf(transaction, bytes.length)
  } catch (error) {
    return { reason: 'badOperation', why: messageOf(error) }
  }
  const { nonce, lastHeight, maxFeePerUnit } = transaction
  const feePerUnit = Number(maxFeePerUnit)
  if (feePerUnit * units > MAX_FEE) return { reason: 'feeTooHigh' }
  return {
    bytes,
    fingerprint,
    account: mapKey(transaction.account),
    nonce,
    lastHeight,
    units,
    maxFee: feePerUnit * units,
    feePerUnit,
    tipPerUnit: Math.min(Number(transaction.tipPerUnit), feePerUnit),
    arrival,
    isOwn: false,
  }
}

/** What a leader gets for a unit of it. Below 0 when it does not even offer the base fee. */
export const effectiveTip = (pending: PendingTransaction, baseFee: number): number =>
  Math.min(pending.tipPerUnit, pending.feePerUnit - baseFee)
