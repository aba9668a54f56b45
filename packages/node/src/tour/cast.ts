import type { NodeId } from '@borgios/core'
import type { FileInfoView, NetworkView } from '@borgios/protocol'
import { tourFailed } from '../errors.ts'

/** Which node plays which part in the tour. */
export interface Cast {
  readonly root: NodeId
  /** The second node that is killed. */
  readonly second: NodeId
  /** Stays and asks for everything. */
  readonly requester: NodeId
}

/** Picks two nodes to kill, the root first, that both hold shards of the file, and one that stays. Throws NODE_TOUR_FAILED. */
export function castParts(view: NetworkView, file: FileInfoView, requester: NodeId): Cast {
  const { root } = view
  const holders = file.holders.filter((holder) => holder.shards > 0).map((holder) => holder.node)
  if (root === null) throw tourFailed('the tree has no root')
  if (!holders.includes(root)) throw tourFailed('the root holds no shard of the file, so killing it would show nothing')
  const second = holders.find((node) => node !== root && node !== requester)
  if (second === undefined) throw tourFailed('no second node holds shards of the file')
  return { root, second, requester }
}

/** Throws NODE_TOUR_FAILED, with a node's own reason and remedy, when none but the requester could run a job. */
export function assertRunsJobs({ nodes }: NetworkView, requester: NodeId): void {
  const others = nodes.flatMap(({ id, load }) => (id === requester || load === null ? [] : [load]))
  const reason = others.find(({ jobsWhy }) => jobsWhy !== null)?.jobsWhy
  if (typeof reason !== 'string' || others.some(({ jobsWhy }) => jobsWhy === null)) return
  throw tourFailed(`no node here runs jobs: ${reason}`)
}
