import { formatBytes, formatCount, formatDuration, shortId } from '@borgios/core'
import type { StatusView } from '@borgios/protocol'
import { withCommandLines } from '../command-line.ts'
import { type CliContext, daemonOf, showResult } from '../context.ts'
import { safeLine } from '../safe-text.ts'
import { tableLines } from '../table.ts'

export async function status(context: CliContext): Promise<void> {
  const view = await (await daemonOf(context)).status()
  await showResult(context, view, () => statusLines(view, context))
}

function statusLines(view: StatusView, { clock, calling }: CliContext): string[] {
  const { self } = view
  const { load } = self
  const place = self.parent === null ? 'root of the tree' : `below ${shortId(self.parent)} at depth ${self.depth}`
  const releases = Object.entries(view.releases).map(([release, count]) => `${safeLine(release)} on ${count}`)
  const isGuest = view.role === 'guest'
  return tableLines([
    ['network', `${safeLine(view.name)} (${shortId(view.network)})`],
    ['node', `${self.node}, process ${self.pid}, up ${formatDuration(self.uptimeMs)}`],
    ['operator', `${self.operator}, place ${safeLine(self.place)}`],
    [
      'tree',
      isGuest
        ? `${self.state} as a guest: it sees no tree until it is admitted (docs/joining.md)`
        : `${self.state}${self.state === 'attached' ? `, ${place}, ${formatCount(self.children.length, 'child', 'children')}` : ''}`,
    ],
    ...(view.membership.why === ''
      ? []
      : [
          [
            'admission',
            `${view.role} for ${formatDuration(Math.max(0, clock.nowMs() - view.membership.sinceMs))}: ${safeLine(view.membership.why)}`,
          ],
          ['to do', safeLine(withCommandLines(view.membership.todo, calling))],
        ]),
    ['members', isGuest ? 'not shown to guests' : `${view.membersUp} up, ${view.membersDown} down`],
    ['releases', releases.join(', ')],
    ['load', `cpu ${load.cpuPercent.toFixed(1)}%, memory ${formatBytes(load.rssBytes)}`],
    [
      'store',
      `${formatCount(load.shards, 'shard')}, ${formatBytes(load.storedBytes)}; checking ${formatCount(load.repairsPending, 'stripe')}, ${load.repairsWaiting} wait for nodes, ${load.repairsDone} repaired`,
    ],
    [
      'jobs',
      load.jobsWhy === null ? `${load.runningJobs} of ${load.jobSlots} running` : `none: ${safeLine(load.jobsWhy)}`,
    ],
    [
      'ledger',
      view.ledger === null
        ? 'none: the network began without one'
        : `${view.ledger.state}, height ${view.ledger.height}`,
    ],
    ['addresses', view.addresses.map(safeLine).join(' ')],
  ])
}
