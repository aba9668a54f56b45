import { GIB, HOUR_MS, limits } from '@borgios/core'
import { mulDiv, mulDivUp } from '../service/money-math.ts'
import type { Lease } from './lease-records.ts'

/** A rate times milliseconds, divided by this, is micro-units: prices are for a GiB and a day. */
const VALUE_PER_MICRO_UNIT = BigInt(GIB) * BigInt(24 * HOUR_MS)

export const rateOf = (bytes: number, price: bigint): bigint => BigInt(bytes) * price

/** What a lease costs its payer in a moment: nothing while it has run out. */
export const leaseRate = ({ isLapsed, bytes, price }: Pick<Lease, 'isLapsed' | 'bytes' | 'price'>): bigint =>
  isLapsed ? 0n : rateOf(bytes, price)

/** Micro-units that a payer owes for a rate over a time: rounded up. */
export const costOf = (rate: bigint, durationMs: number): bigint =>
  mulDivUp(rate, BigInt(durationMs), VALUE_PER_MICRO_UNIT)

/** Micro-units that a holder is owed: rounded down, so that the pool always has them. */
export const worthOf = (value: bigint): bigint => mulDiv(value, 1n, VALUE_PER_MICRO_UNIT)

/** What of a value is less than a micro-unit. */
export const restOf = (value: bigint): bigint => value % VALUE_PER_MICRO_UNIT

/** What a holder is owed in millionths of a micro-unit, for people: worth little, it is not nothing. */
export const accruedPico = (value: bigint): bigint => mulDiv(value, 1_000_000n, VALUE_PER_MICRO_UNIT)

/** The lease as of now, with what it has cost since taken from its balance. */
export function charged(lease: Lease, nowMs: number): Lease {
  const cost = costOf(leaseRate(lease), nowMs - lease.sinceMs)
  return { ...lease, balance: cost < lease.balance ? lease.balance - cost : 0n, sinceMs: nowMs }
}

/** How long a balance lasts, less the margin that a lease keeps back. */
function lastsMs(balance: bigint, rate: bigint): number {
  const { leaseMarginMs, leaseLookAheadMs } = limits.ledgerMoney
  const wholeMs = mulDiv(balance, VALUE_PER_MICRO_UNIT, rate)
  const lookAheadMs = BigInt(leaseLookAheadMs)
  return Math.max(0, Number(wholeMs < lookAheadMs ? wholeMs : lookAheadMs) - leaseMarginMs)
}

/** When a charged lease has to be looked at next: it may have run out then, or nobody has accepted it. */
export function nextDueMs(lease: Lease): number {
  const rate = leaseRate(lease)
  return lease.sinceMs + (rate === 0n ? limits.ledgerMoney.leaseGraceMs : lastsMs(lease.balance, rate))
}

/** Until when a lease is paid for, on the ledger's clock; undefined while nobody is paid. For people. */
export function paidUntilMs(lease: Lease): number | undefined {
  const rate = leaseRate(lease)
  return rate === 0n ? undefined : lease.sinceMs + lastsMs(lease.balance, rate)
}
