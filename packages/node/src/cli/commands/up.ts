import { formatCount, shortId } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { nobleEd25519 } from '@borgios/crypto'
import { untilAborted } from '../../daemon/until-aborted.ts'
import { bringUp, takeDown, type UpResult } from '../../embedded/embedded-network.ts'
import { type CliContext, nextCommand, showResult } from '../context.ts'
import { drawTree } from '../draw-tree.ts'

export interface UpOptions {
  readonly nodes?: number
  readonly degree?: number
  readonly host?: string
  readonly foreground?: boolean
}

export async function up(context: CliContext, options: UpOptions): Promise<void> {
  const { terminal, dataFolder, clock, timers } = context
  let shown = -1
  context.ifStopped('the nodes started just now are ended again, the data stays; what ran before goes on')
  const result = await bringUp(
    { folder: dataFolder, nodes: options.nodes, degree: options.degree, host: options.host },
    { clock, timers, random: systemRandom, ed25519: nobleEd25519, signal: context.signal },
    (attached, nodes) => {
      const isWholeAtOnce = shown < 0 && attached === nodes
      if (attached === shown || isWholeAtOnce) return
      shown = attached
      const line = `starting: ${attached} of ${formatCount(nodes, 'node')} in the tree`
      if (terminal.canDraw) terminal.draw(line)
      else terminal.note(line)
    },
  )
  if (terminal.canDraw) terminal.draw('')
  await showResult(context, upJson(result, dataFolder), () => upLines(context, result, options.foreground === true))
  if (options.foreground === true) await stayUntilStopped(context)
}

function upJson({ view, started, nodes }: UpResult, data: string): object {
  const { root, degree, network } = view
  return {
    root,
    degree,
    nodes: view.nodes,
    network,
    data,
    started: started.length,
    alreadyRunning: nodes - started.length,
  }
}

function upLines(context: CliContext, { view, started, nodes }: UpResult, stays: boolean): string[] {
  const { terminal, dataFolder } = context
  const head =
    started.length === 0
      ? `Already running: ${formatCount(nodes, 'node')} in ${dataFolder}. Nothing was changed.`
      : `Up: ${formatCount(nodes, 'node')} (${started.length} started now), root ${shortId(view.root ?? '')}, data in ${dataFolder}`
  return [
    head,
    '',
    ...drawTree(view, (text, style) => terminal.style(text, style)),
    '',
    ...(stays ? ['Ctrl-C stops the network.'] : hints(context)),
  ]
}

/** What a newcomer may try on a network that is up. */
export const hints = (context: CliContext): string[] => [
  'Try:',
  ...['file put FILE', 'net tree', 'down'].map((words) => `  ${nextCommand(context, words)}`),
]

async function stayUntilStopped(context: CliContext): Promise<void> {
  await untilAborted(context.signal, context.timers)
  context.terminal.note('stopping the network')
  await takeDown(context.dataFolder, context.timers)
}
