/**
 * Every bench with a goal, one after another, each in a process of its own. What each prints goes through; last comes one table and,
 * with `--json`, one JSON line. `--rounds 5`
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { drawTable, type Goal, goalRow, isKept, numberOption, progress } from './src/report.ts'

interface Result {
  readonly goals: readonly Goal[]
  readonly [figure: string]: unknown
}

/** The figures of each bench that the last line names. */
const FIGURES = {
  broadcast: ['copiesPerNode', 'allGotOverGossipsub'],
  transfer: ['putOfLimit', 'getOfLimit', 'putCpuSecPerGiB', 'getCpuSecPerGiB'],
  memory: ['maxRssMiB'],
} as const

/** Runs a bench and returns its last line. */
async function run(name: string, options: readonly string[]): Promise<Result> {
  progress(`bench: ${name}`)
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [file, '--json', ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  await once(child, 'close')
  const lines = printed.trimEnd().split('\n')
  const last = lines.pop() ?? ''
  if (!last.startsWith('{')) throw new Error(`the bench "${name}" ended without a result`)
  console.log(lines.join('\n'))
  return JSON.parse(last)
}

const rounds = String(numberOption('rounds', 5))
const goals: Goal[] = []
const figures: Record<string, number> = {}
for (const [name, wanted] of Object.entries(FIGURES)) {
  const result = await run(name, name === 'memory' ? [] : ['--rounds', rounds])
  goals.push(...result.goals)
  for (const figure of wanted) figures[figure] = Number(Number(result[figure]).toPrecision(4))
}
console.log(drawTable(['goal', 'measured', 'bound', ''], goals.map(goalRow)))
if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
process.exitCode = goals.every(isKept) ? 0 : 1
