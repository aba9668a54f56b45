/** Median of at least one number; the mean of the middle two where their count is even. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Quantile by linear interpolation, 0 <= at <= 1. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  const position = (sorted.length - 1) * at
  const low = sorted[Math.floor(position)]
  const high = sorted[Math.ceil(position)]
  if (low === undefined || high === undefined) throw new RangeError('a quantile needs at least one value')
  return low + (high - low) * (position - Math.floor(position))
}
