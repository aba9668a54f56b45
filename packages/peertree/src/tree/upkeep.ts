import { limits } from '@borgios/core'
import { announce, flushNews } from '../directory/gossip.ts'
import { part } from './links.ts'
import { beginMoving } from './seek.ts'
import { isMember, isRoot, isSound, linksAs, parentLink, type TreeState } from './tree-state.ts'
import { isPulseLost } from './way-up.ts'

const bounds = limits.tree

/** After a gap in our own time the silence of others proves nothing: everybody gets a fresh start. */
export function forgiveSilence(state: TreeState): void {
  for (const link of state.links.values()) link.heardMs = state.nowMs
  state.pulseAtMs = state.nowMs
  state.suspects.clear()
}

/** A pulse that stands still means a lost root or a circle: this node goes its own way. */
export function checkPulse(state: TreeState): void {
  const parent = parentLink(state)
  if (isMember(state) && parent !== undefined && isPulseLost(state)) part(state, parent, 'moved')
}

/** Room above draws this node up: the deepest first, none at once. */
export function advanceMoving(state: TreeState): void {
  const depth = state.path.length - 1
  if (!isSound(state) || isRoot(state) || state.treeFreeDepth >= depth || state.seek !== undefined) {
    if (state.seek === undefined) state.moveAtMs = undefined
    return
  }
  state.moveAtMs ??= state.nowMs + bounds.moveDelayMs + state.options.random.below(bounds.moveDelayMs)
  if (state.nowMs < state.moveAtMs) return
  state.moveAtMs = undefined
  beginMoving(state)
}

/** Our own record, when it changed or somebody doubts it, and news for the neighbours. */
export function advanceDirectory(state: TreeState): void {
  if (!isMember(state)) return
  if (state.announceDue && state.nowMs - state.announcedMs >= bounds.announceMs) announce(state)
  for (const link of linksAs(state, 'parent', 'child')) flushNews(state, link)
}
