import { limits } from '@borgios/core'
import type { Transaction } from '@borgios/protocol'

/** The base fee moves by at most an eighth of itself a block (EIP-1559). */
const MAX_CHANGE = 8n
const MAX_BASE_FEE = BigInt(limits.ledgerMoney.maxBaseFee)

/** What a transaction pays in a block for each of its units. */
export interface UnitPrice {
  readonly base: bigint
  readonly tip: bigint
}

/** The tip is what it offers the leader, as far as its maximum leaves room beside the base fee. Undefined if it offers less than the base fee. */
export function unitPrice({ maxFeePerUnit, tipPerUnit }: Transaction, baseFee: bigint): UnitPrice | undefined {
  if (maxFeePerUnit < baseFee) return undefined
  const room = maxFeePerUnit - baseFee
  return { base: baseFee, tip: tipPerUnit < room ? tipPerUnit : room }
}

/** What a transaction must be able to pay before it may enter a block: the most it allows, so that a rising fee cannot bring it to a fall. */
export const greatestFee = ({ maxFeePerUnit }: Transaction, units: number): bigint => BigInt(units) * maxFeePerUnit

/**
 * The base fee of the block that follows: up when this one used more than the target, down when less, in proportion, by at least one
 * micro-unit so that a low fee moves too.
 */
export function nextBaseFee(baseFee: bigint, usedUnits: number, targetUnits: number, leastBaseFee: bigint): bigint {
  if (usedUnits === targetUnits) return clamp(baseFee, leastBaseFee)
  const apart = BigInt(Math.abs(usedUnits - targetUnits))
  const share = (baseFee * apart) / (MAX_CHANGE * BigInt(targetUnits))
  const step = share > 1n ? share : 1n
  return clamp(usedUnits > targetUnits ? baseFee + step : baseFee - step, leastBaseFee)
}

function clamp(baseFee: bigint, leastBaseFee: bigint): bigint {
  if (baseFee < leastBaseFee) return leastBaseFee
  return baseFee > MAX_BASE_FEE ? MAX_BASE_FEE : baseFee
}
