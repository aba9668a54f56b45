/** Whether the bigger slice of the tests runs too: the one place that asks. */
export const fullSlice = process.env['BORGIOS_TEST_FULL'] === '1'
