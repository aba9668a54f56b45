import { env } from 'node:process'

/** How many random cases a property is tried on: a slice by default, more in the full tests. */
export const RUNS = env['BORGIOS_TEST_FULL'] === '1' ? 10_000 : 500
