import type { Member, TreePosition } from '../peer-network.ts'
import type { TreeOptions } from './tree-options.ts'

/** Everything one node knows of the tree. Only `step` changes it. */
export interface TreeState {
  readonly options: TreeOptions
  nowMs: number
}

/** The state before `start`. `nowMs` is of the same clock as in `step`. */
export const createTree = (options: TreeOptions, nowMs: number): TreeState => ({ options, nowMs })

export function positionOf(_state: TreeState): TreePosition {
  return { state: 'joining', root: undefined, parent: undefined, children: [], depth: 0, degree: 8 }
}

/** Everyone known, this node first. `sinceMs` is of the clock that `step` gets. */
export function membersOf(_state: TreeState): readonly Member[] {
  return []
}
