import { formatCount } from '@borgios/core'
import { takeDown } from '../../embedded/embedded-network.ts'
import { type CliContext, nextCommand, showResult } from '../context.ts'

export async function down(context: CliContext): Promise<void> {
  context.ifStopped(`some nodes may still run: ${nextCommand(context, 'down')}`)
  const outcomes = [...(await takeDown(context.dataFolder, context.timers)).values()]
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length
  const [stopped, killed] = [count('stopped'), count('killed')]
  await showResult(context, { stopped, killed, data: context.dataFolder }, () => [
    stopped + killed === 0
      ? `Nothing was running in ${context.dataFolder}.`
      : `${formatCount(stopped, 'node')} stopped${killed === 0 ? '' : `, ${killed} had to be killed`}. The data stays in ${context.dataFolder}.`,
  ])
}
