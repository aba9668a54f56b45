import { env } from 'node:process'

/** Whether the long tests were asked for. */
export const isFull = env['BORGIOS_TEST_FULL'] === '1'

/** How many random cases a property is tried on: a slice by default, more in the full tests. */
export const RUNS = isFull ? 2_000 : 100
