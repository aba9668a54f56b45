import { limits, type NodeId } from '@borgios/core'
import type { Above, TreeName } from '@borgios/protocol'
import { belowOf } from './census.ts'
import { sameTree } from './rank.ts'
import { contactOf } from './sessions.ts'
import { childLinks, isRoot, type Link, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** What this node tells its member children. Without a tree there are no children to tell. */
export function aboveOf(state: TreeState, tree: TreeName): Above {
  return {
    tree,
    pulse: state.pulse,
    path: [...state.path],
    rooted: state.status === 'attached' && state.rooted,
    freeDepth: state.treeFreeDepth,
  }
}

/** Why a parent's word about the way up cannot be taken; undefined if it can. */
export function faultOf(state: TreeState, parent: NodeId, above: Above): string | undefined {
  if (above.path.at(-1) !== parent) return 'the path does not end at the parent'
  if (above.path.includes(state.options.self)) return 'the path leads through ourselves'
  if (above.path.length >= bounds.maxDepth) return 'the path is too long'
  return undefined
}

/** Takes over what the parent says of the way up. */
export function adopt(state: TreeState, above: Above): void {
  const changed = !sameTree(state.tree, above.tree)
  if (changed || above.pulse > state.pulse) {
    state.pulse = above.pulse
    state.pulseAtMs = state.nowMs
  }
  state.tree = above.tree
  state.rooted = above.rooted
  state.path = [...above.path, state.options.self]
  state.grandparent = above.path.at(-2)
  state.treeFreeDepth = above.freeDepth
  if (above.group !== undefined) state.group = above.group
}

/** The root's own bookkeeping: what it is the source of for everybody. */
export function refreshRoot(state: TreeState): void {
  if (!isRoot(state)) return
  state.rooted = true
  state.path = [state.options.self]
  state.grandparent = undefined
  state.pulseAtMs = state.nowMs
  state.treeFreeDepth = Math.min(belowOf(state).freeLevels + 1, bounds.maxDepth)
  const members = [state.options.self, ...childLinks(state).map((child) => child.node)]
  state.group = members.map((node) => contactOf(state, node))
}

/** Begins a tree with this node as its root. */
export function becomeRoot(state: TreeState, elected: boolean): void {
  const { self } = state.options
  const term = state.tree?.term ?? 1
  // A pulse out of all proportion is a lie of a former root: counting starts anew.
  const isNew = elected || state.pulse > bounds.maxPulse / 2
  // A new root of the same term goes on from the old pulse, so that of several splits the latest always counts as the youngest.
  const born = state.tree === undefined ? 0 : state.pulse
  state.tree = isNew ? { root: self, term: Math.min(term + 1, bounds.maxTerm), born: 0 } : { root: self, term, born }
  state.pulse = isNew ? 0 : born
  state.status = 'attached'
  state.seek = undefined
  state.lastParent = undefined
  // Others may have done the same: look for them soon.
  state.nextProbeMs = state.nowMs + bounds.rootProbeMs / 2
  refreshRoot(state)
}

/** Whether the pulse of the root has stood still for so long that the way up must be broken. */
export const isPulseLost = (state: TreeState): boolean =>
  state.status === 'attached' && !isRoot(state) && state.nowMs - state.pulseAtMs > bounds.pulseTimeoutMs

/** The group goes along when this child has not got this one yet, and now and then. */
export function withGroup(state: TreeState, child: Link, above: Above): Above {
  const key = state.group.map((contact) => contact.node).join(' ')
  child.groupIn -= 1
  if (key === child.groupSent && child.groupIn > 0) return above
  child.groupSent = key
  child.groupIn = bounds.groupEveryBeats
  return { ...above, group: [...state.group] }
}
