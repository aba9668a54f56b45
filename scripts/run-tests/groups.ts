import { env } from 'node:process'

const MINUTE_MS = 60_000

/** The long tests, with more seeds and bigger sizes, run when BORGIOS_TEST_FULL is 1. */
const isFull = env['BORGIOS_TEST_FULL'] === '1'

export interface Group {
  readonly name: string
  /** Glob from the house's root. */
  readonly files: string
  /** Test files at once. Real processes need the machine for themselves. */
  readonly concurrency: number
  /** One test; a longer one says so itself. */
  readonly testTimeoutMs: number
  /** The group as a whole, so that a hanging process ends too. */
  readonly groupTimeoutMs: number
  /** Fewer files mean that the glob has lost them. */
  readonly atLeastFiles: number
}

export const GROUPS: readonly Group[] = [
  {
    name: 'rooms',
    files: '{packages,sim,scripts,bench}/**/*.test.ts',
    concurrency: 2,
    testTimeoutMs: (isFull ? 10 : 3) * MINUTE_MS,
    groupTimeoutMs: (isFull ? 25 : 12) * MINUTE_MS,
    atLeastFiles: 190,
  },
  {
    name: 'e2e',
    files: 'e2e/**/*.test.ts',
    concurrency: 1,
    testTimeoutMs: (isFull ? 10 : 3) * MINUTE_MS,
    groupTimeoutMs: (isFull ? 25 : 12) * MINUTE_MS,
    atLeastFiles: 15,
  },
]
