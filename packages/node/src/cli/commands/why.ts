import { withCommandLines } from '../command-line.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { safeLine } from '../safe-text.ts'

export async function why(context: CliContext, subject: string): Promise<void> {
  const view = await (await daemonOf(context)).why(subject)
  await showResult(context, view, () => [
    sentence(safeLine(view.why)),
    sentence(`To do: ${safeLine(withCommandLines(view.todo, context.calling))}`),
  ])
}

/** What others wrote may have its full stop already. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
