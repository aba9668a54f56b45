/** Whether the bigger slice of the tests runs. Read here and nowhere else. */
export const FULL = process.env['BORGIOS_TEST_FULL'] === '1'
