import type { TreeEffect, TreeEvent } from './tree-io.ts'
import type { TreeState } from './tree-state.ts'

/**
 * The whole life of a node in the tree: takes one event, changes the state in place and returns what the shell shall do. No I/O, no clock:
 * `nowMs` never goes back (a monotonic clock). Same options, seed and events give the same effects.
 */
export function step(state: TreeState, _event: TreeEvent, nowMs: number): readonly TreeEffect[] {
  state.nowMs = nowMs
  return []
}
