/** Whether the bigger slice of the tests runs too: the one place that asks. */
export const fullSlice = process.env['BORGIOS_TEST_FULL'] === '1'

/** Runs of a property test, by the size of the slice. */
export const propertyRuns = (quick: number): number => (fullSlice ? quick * 20 : quick)
