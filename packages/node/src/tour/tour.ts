import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '@borgios/core'
import { hints } from '../cli/commands/up.ts'
import { type CliContext, nextCommand } from '../cli/context.ts'
import { errorView } from '../daemon/error-view.ts'
import { takeDown } from '../embedded/embedded-network.ts'
import { runTour, type TourResult } from './tour-steps.ts'

export interface TourOptions {
  readonly once?: boolean
}

/**
 * Shows everything at work with real processes and real figures. With `once` in a temporary folder, of which nothing is left,
 * neither process nor file, however it ends. Throws what the failed step throws.
 */
export async function tour(context: CliContext, options: TourOptions): Promise<void> {
  const { terminal } = context
  // Its steps are commands of their own; what counts is what the tour as a whole leaves.
  const quiet = { ...context, ifStopped: () => {} }
  if (options.once !== true) {
    context.ifStopped(`what runs of the network goes on; this ends it: ${nextCommand(context, 'down')}`)
    const result = await runTour(quiet, true)
    await showOutcome(context, result, context.json)
    for (const line of ['', 'The network stays up.', ...hints(context)]) terminal.note(line)
    return
  }
  context.ifStopped('nothing is left of the tour, neither process nor file')
  const dataFolder = await mkdtemp(join(context.temporaryFolder, 'borgios-tour-'))
  try {
    await showOutcome(context, await runTour({ ...quiet, dataFolder }, false), true)
  } catch (error) {
    // Programs read stdout also without --json, with which the error is shown anyway.
    if (!context.json && !context.signal.aborted)
      await terminal.write(`${JSON.stringify({ error: errorView(error) })}\n`)
    throw error
  } finally {
    await takeDown(dataFolder, context.timers)
    await rm(dataFolder, { recursive: true, force: true }).catch((error) => terminal.note(messageOf(error)))
  }
}

async function showOutcome({ terminal }: CliContext, result: TourResult, asJson: boolean): Promise<void> {
  if (asJson) await terminal.write(`${JSON.stringify(result)}\n`)
}
