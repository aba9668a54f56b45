import { withCommandLines } from '../command-line.ts'
import { type CliContext, showResult } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { safeLine } from '../safe-text.ts'
import { earnLines } from './earn-lines.ts'
import { gatherEarnings } from './earn-report.ts'

export interface EarnOptions {
  readonly since: number
}

/** Explains every change of the accounts of a data folder, and checks the sums. */
export async function earn(context: CliContext, { since }: EarnOptions): Promise<void> {
  const report = await gatherEarnings(context, since)
  if (!report.isEqual) context.exitWith(EXIT.unequal)
  await showResult(context, report, () =>
    earnLines(report).map((line) => safeLine(withCommandLines(line, context.calling))),
  )
}
