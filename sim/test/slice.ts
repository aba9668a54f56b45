/** Whether the bigger slice of seeds and sizes is asked for. */
export const isFull = process.env['BORGIOS_TEST_FULL'] === '1'

/** The numbers from `from` up to `from + count`. */
export const seedsFrom = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => from + index)
