import { assert } from '@borgios/core'

/** All of something, where a share is told in millionths. */
export const WHOLE_PPM = 1_000_000n

/** The greatest amount there can be. */
export const MAX_AMOUNT = 2n ** 64n - 1n

/** value * factor / divisor without overflow, rounded down. */
export function mulDiv(value: bigint, factor: bigint, divisor: bigint): bigint {
  assert(value >= 0n && factor >= 0n && divisor > 0n, 'amounts are not negative and nothing is divided by zero')
  return (value * factor) / divisor
}

/** The same, rounded up. */
export function mulDivUp(value: bigint, factor: bigint, divisor: bigint): bigint {
  assert(value >= 0n && factor >= 0n && divisor > 0n, 'amounts are not negative and nothing is divided by zero')
  return (value * factor + divisor - 1n) / divisor
}

/** A share of an amount, rounded down. */
export const shareOf = (amount: bigint, ppm: bigint): bigint => mulDiv(amount, ppm, WHOLE_PPM)

/** A share of an amount, rounded up: what is taken from a payment is never less than its share. */
export const shareUp = (amount: bigint, ppm: bigint): bigint => mulDivUp(amount, ppm, WHOLE_PPM)

export function least(first: bigint, ...others: readonly bigint[]): bigint {
  let low = first
  for (const value of others) if (value < low) low = value
  return low
}
