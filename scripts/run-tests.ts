import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { GROUPS } from './run-tests/groups.ts'
import { runGroups } from './run-tests/runner.ts'

/**
 * Runs the test files of the house on Node's own runner, group after group, under one report whose closing lines count
 * them all. Arguments: `--group <name>` for one group only; words that a file's path must contain one of.
 */
const { values, positionals } = parseArgs({ options: { group: { type: 'string' } }, allowPositionals: true })
const groups = GROUPS.filter(({ name }) => values.group === undefined || values.group === name)
const outcome = { success: true }

await pipeline(Readable.from(runGroups(groups, positionals, outcome)), new spec(), process.stdout, { end: false })
process.exitCode = outcome.success ? 0 : 1
