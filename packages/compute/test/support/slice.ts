/** Whether the big slice of the tests is wanted. */
export const fullSlice = process.env['BORGIOS_TEST_FULL'] === '1'
