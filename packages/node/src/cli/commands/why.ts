import { withCommandLines } from '../command-line.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { safeLine } from '../safe-text.ts'

export async function why(context: CliContext, subject: string): Promise<void> {
  const view = await (await daemonOf(context)).why(subject)
  await showResult(context, view, () => [
    `${safeLine(view.why)}.`,
    `To do: ${safeLine(withCommandLines(view.todo, context.calling))}.`,
  ])
}
