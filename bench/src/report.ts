import { styleText } from 'node:util'

/** A figure that an issue or a document promises, and whether this run kept it. */
export interface Goal {
  readonly name: string
  readonly value: number
  readonly bound: number
  readonly relation: 'at least' | 'at most'
}

export const isKept = (goal: Goal): boolean =>
  goal.relation === 'at least' ? goal.value >= goal.bound : goal.value <= goal.bound

/** A short number for people: three digits that matter. */
export const shortNumber = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)

/** A goal as a row: name, measured, bound, whether it was kept. */
export const goalRow = (goal: Goal): readonly string[] => [
  goal.name,
  shortNumber(goal.value),
  `${goal.relation} ${shortNumber(goal.bound)}`,
  isKept(goal) ? 'kept' : 'MISSED',
]

/** Rows under a header, columns as wide as they need to be. */
export function drawTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    widths.map((width, column) => (cells[column] ?? '')[column === 0 ? 'padEnd' : 'padStart'](width)).join('  ')
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

export interface Report {
  readonly bench: string
  readonly goals: readonly Goal[]
  readonly figures: Record<string, unknown>
}

/** Prints the goals for people and, with `--json`, one JSON line last. The exit code says whether all goals were kept. */
export function closeReport(report: Report): void {
  for (const goal of report.goals) {
    const mark = isKept(goal) ? styleText('green', 'kept  ') : styleText('red', 'MISSED')
    console.log(`${mark}  ${goal.name}: ${shortNumber(goal.value)} (${goal.relation} ${shortNumber(goal.bound)})`)
  }
  const kept = report.goals.every(isKept)
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ bench: report.bench, kept, goals: report.goals, ...report.figures }))
  }
  process.exitCode = kept ? 0 : 1
}

/** The number after an option such as `--rounds`, or its default. */
export function numberOption(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`)
  if (index < 0) return fallback
  const value = Number(process.argv[index + 1])
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`--${name} needs a positive number`)
  return value
}

/** What goes on, on stderr, so that stdout holds only the result. */
export const progress = (text: string): void => {
  process.stderr.write(`${styleText('dim', text)}\n`)
}
