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
