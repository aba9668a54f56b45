import { messageOf } from '@borgios/core'
import { decodeTransaction, type Transaction } from '@borgios/protocol'
import { mapKey } from './account-view.ts'
import type { Refusal } from './admission.ts'

/** A transaction that waits to enter a block. Its signatures stood when it came. */
export interface PendingTransaction {
  readonly transaction: Transaction
  readonly bytes: Uint8Array
  /** Of the bytes: see `fingerprintOf`. */
  readonly fingerprint: string
  /** The account, as the key of a map. */
  readonly account: string
  readonly units: number
  /** Most that it can cost its account in fees, in micro-units. */
  readonly maxFee: bigint
  /** What it offers for a unit, as floating point: for order, where no rounding matters. */
  readonly feeRate: number
  readonly tipRate: number
  /** Counts up: of two that offer the same, the one that came first goes first. */
  readonly arrival: number
  /** A user of this node watches it. */
  isOwn: boolean
}

/** Fee units of a transaction, its bytes included. Throws a BorgError for operations that are unknown or wrong in themselves. */
export type UnitsOf = (transaction: Transaction, bytes: number) => number

/** Decodes a transaction; the result keeps the bytes. Its signatures are still to be checked. */
export function readPending(
  bytes: Uint8Array,
  fingerprint: string,
  arrival: number,
  unitsOf: UnitsOf,
): PendingTransaction | Refusal {
  let transaction: Transaction
  try {
    transaction = decodeTransaction(bytes)
  } catch {
    return { reason: 'malformed' }
  }
  let units: number
  try {
    units = unitsOf(transaction, bytes.length)
  } catch (error) {
    return { reason: 'badOperation', why: messageOf(error) }
  }
  const { maxFeePerUnit, tipPerUnit } = transaction
  const maxFee = BigInt(units) * maxFeePerUnit
  const feeRate = Number(maxFeePerUnit)
  const tipRate = Number(tipPerUnit)
  const account = mapKey(transaction.account)
  return { transaction, bytes, fingerprint, account, units, maxFee, feeRate, tipRate, arrival, isOwn: false }
}

/** What a leader gets for a unit of it. Below 0 when it does not even offer the base fee. */
export const effectiveTip = (pending: PendingTransaction, baseFee: number): number =>
  Math.min(pending.tipRate, pending.feeRate - baseFee)
