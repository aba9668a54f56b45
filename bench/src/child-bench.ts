import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Goal } from './report.ts'

export interface BenchResult<Figures> {
  /** What it printed for people. */
  readonly text: string
  readonly result: Figures & { readonly goals: readonly Goal[] }
}

/** Runs a bench of this folder in a process of its own, with the flags of this one, and reads its last line. */
export async function runBench<Figures>(name: string, options: readonly string[]): Promise<BenchResult<Figures>> {
  const file = fileURLToPath(new URL(`../${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, file, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child, 'close')
  const lines = printed.trimEnd().split('\n')
  const last = lines.pop() ?? ''
  if (!last.startsWith('{')) throw new Error(`the bench "${name}" ended without a result`)
  return { text: lines.join('\n'), result: JSON.parse(last) }
}
