/** All seeds and sizes. */
export const fullSlice = process.env['BORGIOS_TEST_FULL'] === '1'
