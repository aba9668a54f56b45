/**
 * Every bench with a goal, one after another, each in a process of its own. What each prints goes through; last comes one table and,
 * with `--json`, one JSON line. `--rounds 5`
 */
import { runBench } from './src/child-bench.ts'
import { drawTable, type Goal, goalRow, isKept, numberOption, progress } from './src/report.ts'

/** The figures of each bench that the last line names. */
const FIGURES = {
  broadcast: ['copiesPerNode', 'allGotOverGossipsub'],
  transfer: ['putOfLimit', 'getOfLimit', 'putCpuSecPerGiB', 'getCpuSecPerGiB'],
  memory: ['maxRssMiB'],
} as const

const rounds = String(numberOption('rounds', 5))
const goals: Goal[] = []
const figures: Record<string, number> = {}
for (const [name, wanted] of Object.entries(FIGURES)) {
  progress(`bench: ${name}`)
  const { text, result } = await runBench<Record<string, unknown>>(name, name === 'memory' ? [] : ['--rounds', rounds])
  console.log(text)
  goals.push(...result.goals)
  for (const figure of wanted) figures[figure] = Number(Number(result[figure]).toPrecision(4))
}
console.log(drawTable(['goal', 'measured', 'bound', ''], goals.map(goalRow)))
if (process.argv.includes('--json')) console.log(JSON.stringify(figures))
process.exitCode = goals.every(isKept) ? 0 : 1
