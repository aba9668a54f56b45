import { glob } from 'node:fs/promises'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import type { Group } from './groups.ts'

const house = fileURLToPath(new URL('../..', import.meta.url))

const COUNTS = ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo'] as const
/** How the runner's closing lines name a count where it differs. */
const CLOSING_NAMES: Readonly<Record<string, string>> = { passed: 'pass', failed: 'fail' }

type Counts = Record<(typeof COUNTS)[number], number>

const diagnostic = (message: string, level: 'info' | 'error' = 'info'): TestEvent => ({
  type: 'test:diagnostic',
  data: { nesting: 0, message, level } as Extract<TestEvent, { type: 'test:diagnostic' }>['data'],
})

async function filesOf(group: Group, words: readonly string[]): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob(group.files, { cwd: house, exclude: ['**/node_modules/**'] })) files.push(file)
  if (files.length < group.atLeastFiles) throw new Error(`only ${files.length} test files match ${group.files}`)
  return files.filter((file) => words.length === 0 || words.some((word) => file.includes(word))).sort()
}

/** The closing lines and the sum of one group stand in events about no file. */
const isAboutGroup = (event: TestEvent): boolean =>
  (event.type === 'test:diagnostic' || event.type === 'test:summary') && event.data.file === undefined

/**
 * The events of the groups one after the other, with one set of closing lines at the end. Sets `outcome.success` to false when
 * a test failed.
 */
export async function* runGroups(
  groups: readonly Group[],
  words: readonly string[],
  outcome: { success: boolean },
): AsyncGenerator<TestEvent> {
  const counts: Counts = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }
  const seconds: string[] = []
  const startMs = performance.now()
  for (const group of groups) {
    const groupStartMs = performance.now()
    const files = await filesOf(group, words)
    if (files.length === 0) continue
    const stream = run({
      cwd: house,
      files: files.map((file) => `${house}${file}`),
      concurrency: group.concurrency,
      timeout: group.testTimeoutMs,
      signal: AbortSignal.timeout(group.groupTimeoutMs),
    })
    for await (const event of stream as AsyncIterable<TestEvent>) {
      if (!isAboutGroup(event)) yield event
      else if (event.type === 'test:summary') {
        // The type definitions leave out `failed`.
        const groupCounts = event.data.counts as typeof event.data.counts & Counts
        for (const count of COUNTS) counts[count] += groupCounts[count]
        outcome.success &&= event.data.success
      }
    }
    seconds.push(`${group.name} ${((performance.now() - groupStartMs) / 1000).toFixed(1)} s`)
  }
  if (counts.tests === 0) {
    outcome.success = false
    yield diagnostic('no test ran', 'error')
  }
  yield diagnostic(seconds.join(', '))
  for (const count of COUNTS) yield diagnostic(`${CLOSING_NAMES[count] ?? count} ${counts[count]}`)
  yield diagnostic(`duration_ms ${performance.now() - startMs}`)
}
