import { formatBytes, formatCount, type NodeId, shortId } from '@borgios/core'
import type { NetworkView, NodeView } from '@borgios/protocol'
import { safeLine } from './safe-text.ts'
import { tableLines } from './table.ts'
import type { Style } from './terminal.ts'

type Paint = (text: string, style: Style) => string

const STATE_STYLE: Readonly<Record<NodeView['state'], Style>> = {
  attached: 'good',
  joining: 'warn',
  orphan: 'warn',
  stopped: 'bad',
  silent: 'bad',
  down: 'bad',
}

interface Row {
  readonly branch: string
  readonly node: NodeView
}

const GUEST_LINES = [
  'This node is a guest: the member it hangs on knows it, but it sees no tree until it is admitted.',
  'A founder admits its operator with "borgios net invite OPERATOR" ("borgios status" here shows the id); see docs/joining.md.',
]

const NO_ROOT = 'No root for the moment: the nodes that are left elect one.'

/** The tree with state and load of every node; who hangs in no tree stands below, with the reason. */
export function drawTree(view: NetworkView, paint: Paint): string[] {
  if (view.role === 'guest') return GUEST_LINES
  const placed = new Set<NodeId>()
  const rows: Row[] = []
  const byParent = Map.groupBy(
    view.nodes.filter(({ state, depth }) => state === 'attached' || (state === 'silent' && depth !== null)),
    (node) => node.parent,
  )
  for (const root of byParent.get(null) ?? []) addRows(root, '', '', byParent, placed, rows)
  const lines = tableLines(rows.map(cells)).map((line, index) => paintState(line, rows[index]?.node, paint))
  const rest = view.nodes.filter((node) => !placed.has(node.id))
  if (rest.length === 0) return lines
  const restLines = tableLines(
    rest.map((node) => [shortId(node.id), node.state, safeLine(node.place), safeLine(node.why)]),
  )
  return [
    ...(lines.length === 0 ? [NO_ROOT] : lines),
    '',
    'Not in the tree:',
    ...restLines.map((line, index) => `  ${paintState(line, rest[index], paint)}`),
  ]
}

/** Ends on any input: each node names one parent, so a loop of stale words hangs below no root and is never walked. */
function addRows(
  node: NodeView,
  branch: string,
  below: string,
  byParent: ReadonlyMap<NodeId | null, readonly NodeView[]>,
  placed: Set<NodeId>,
  rows: Row[],
): void {
  placed.add(node.id)
  rows.push({ branch, node })
  const children = byParent.get(node.id) ?? []
  children.forEach((child, index) => {
    const isLast = index === children.length - 1
    addRows(child, below + (isLast ? '└─ ' : '├─ '), below + (isLast ? '   ' : '│  '), byParent, placed, rows)
  })
}

function cells({ branch, node }: Row): string[] {
  const { load } = node
  const first = [branch + shortId(node.id), node.state, `pid ${node.pid ?? '-'}`]
  if (load === null) return [...first, '', '', '', '', `${safeLine(node.place)}  ${safeLine(node.why)}`]
  return [
    ...first,
    `cpu ${load.cpuPercent.toFixed(1)}%`,
    `mem ${formatBytes(load.rssBytes)}`,
    `${formatCount(load.shards, 'shard')} ${formatBytes(load.storedBytes)}${load.repairsPending > 0 ? `, checking ${formatCount(load.repairsPending, 'stripe')}` : ''}`,
    load.jobsWhy === null ? `jobs ${load.runningJobs}/${load.jobSlots}` : 'no jobs',
    safeLine(node.place),
  ]
}

function paintState(line: string, node: NodeView | undefined, paint: Paint): string {
  if (node === undefined) return line
  return line.replace(` ${node.state} `, ` ${paint(node.state, STATE_STYLE[node.state])} `)
}
