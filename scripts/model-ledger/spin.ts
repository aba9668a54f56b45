import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Run } from './runs.ts'

const MODEL = fileURLToPath(new URL('../../models/simplex.pml', import.meta.url))
/** Longest path the search may go. What is cut off there would be unseen, so that counts as a failure. */
const MAX_DEPTH = 100_000
/** The largest run takes below 400 MB. */
const MAX_MEMORY_MB = 4_096
const RUN_TIMEOUT_MS = 15 * 60_000

/** What came of one run. */
export interface Outcome {
  readonly verdict: Run['expects'] | 'unclear'
  readonly states: number
  readonly elapsedMs: number
  /** All that the search printed. */
  readonly output: string
}

const execute = promisify(execFile)

/** Debian packages that are not there. */
export const missingPackages = (): string[] => ['spin', 'gcc'].filter((name) => !existsSync(`/usr/bin/${name}`))

/** What the search found. Only a complete one can say that an assertion holds. */
export function verdictOf(output: string): Outcome['verdict'] {
  if (output.includes('assertion violated')) return 'refuted'
  const isCut = /max search depth too small|Search not completed|out of memory|MEMLIM/.test(output)
  return !isCut && /errors: 0$/m.test(output) ? 'holds' : 'unclear'
}

/** Has spin make a search program of the model, compiles it and runs it. Throws if a program fails or takes too long. */
export async function check(run: Run): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-model-'))
  try {
    const options = { cwd: folder, timeout: RUN_TIMEOUT_MS, maxBuffer: 16 * 2 ** 20 }
    await execute('spin', [...run.defines.map((define) => `-D${define}`), '-a', MODEL], options)
    const flags = ['-O3', '-DSAFETY', '-DNOREDUCE', `-DMEMLIM=${MAX_MEMORY_MB}`]
    await execute('gcc', [...flags, '-o', 'search', 'pan.c'], options)
    const startMs = performance.now()
    const { stdout } = await execute(join(folder, 'search'), ['-n', `-m${MAX_DEPTH}`], options)
    const states = Number(/^\s*([\d.e+]+) states, stored/m.exec(stdout)?.[1] ?? 0)
    return { verdict: verdictOf(stdout), states, elapsedMs: performance.now() - startMs, output: stdout }
  } finally {
    await rm(folder, { recursive: true })
  }
}
