import { limits, type NodeId } from '@borgios/core'
import type { Beat } from '@borgios/protocol'
import { onDirectoryDigest } from '../directory/comparison.ts'
import { askCensus, belowOf } from './census.ts'
import { loseLink, part } from './links.ts'
import { offerRecent } from './repair.ts'
import { findAttempt } from './seek.ts'
import { ignore, send } from './sessions.ts'
import { childLinks, isMember, isRoot, type Link, parentLink, type Relation, type TreeState } from './tree-state.ts'
import { aboveOf, adopt, faultOf, withGroup } from './way-up.ts'

const bounds = limits.tree

/** What we are to a neighbour that is this to us. */
const SELF_AS = { parent: 'child', child: 'parent', guest: 'parent', lazy: 'lazy' } as const satisfies Record<
  Relation,
  Beat['as']
>

/** Tells a neighbour that we live, and what it has to know of the tree. */
function sendBeat(state: TreeState, link: Link): void {
  link.beatMs = state.nowMs
  const above = link.as === 'child' && state.tree !== undefined ? aboveOf(state, state.tree) : undefined
  const isFull = isMember(state) && link.as !== 'guest'
  send(state, link.node, {
    kind: 'beat',
    as: SELF_AS[link.as],
    edge: link.edge,
    ...(above === undefined ? {} : { above: withGroup(state, link, above) }),
    ...(isFull && link.as === 'parent' ? { below: belowOf(state) } : {}),
    ...(isFull ? { directory: state.directory.digest } : {}),
    ack: link.got,
  })
  offerRecent(state, link)
}

export function onBeat(state: TreeState, from: NodeId, beat: Beat): void {
  const link = state.links.get(from)
  if (link === undefined || link.edge !== beat.edge || SELF_AS[link.as] !== inverse(beat.as)) {
    const isEarly = findAttempt(state, from, beat.edge) !== undefined || state.lazyAsked.has(beat.edge)
    if (!isEarly) send(state, from, { kind: 'detach', edge: beat.edge, reason: 'unknown' })
    return
  }
  const isParentOfMember = link.as === 'parent' && isMember(state)
  if (isParentOfMember && beat.above === undefined) {
    ignore(state, from, 'a parent that does not show the way up')
    return
  }
  if (link.as === 'child' && beat.below === undefined) {
    ignore(state, from, 'a child that says nothing of itself')
    return
  }
  link.heardMs = state.nowMs
  link.acked = Math.max(link.acked, Math.min(beat.ack, link.offered))
  if (isParentOfMember && beat.above !== undefined) {
    if (faultOf(state, from, beat.above) !== undefined) {
      part(state, link, 'unknown')
      return
    }
    adopt(state, beat.above)
  }
  if (link.as === 'child') {
    link.below = beat.below
    askCensus(state, link)
  }
  if (isMember(state) && link.as !== 'guest' && beat.directory !== undefined) {
    onDirectoryDigest(state, link, beat.directory)
  }
}

const inverse = (as: Beat['as']): Beat['as'] => (as === 'parent' ? 'child' : as === 'child' ? 'parent' : 'lazy')

/** Beats that are due, the root's pulse, and neighbours that fell silent. */
export function advanceBeats(state: TreeState): void {
  if (isRoot(state) && state.nowMs - state.pulsedMs >= bounds.beatMs) {
    state.pulsedMs = state.nowMs
    state.pulse += 1
  }
  for (const link of [...state.links.values()]) {
    if (state.nowMs - link.heardMs > bounds.silenceMs) loseLink(state, link, 'silent')
  }
  const below = JSON.stringify(belowOf(state))
  const isBelowNews = below !== state.belowTold
  state.belowTold = below
  for (const link of state.links.values()) {
    const isDue = state.nowMs - link.beatMs > bounds.beatMs - bounds.tickMs / 2
    if (isDue || (isBelowNews && link.as === 'parent')) sendBeat(state, link)
  }
}

/** A change of the way up goes down at once, since descendants must not act on an old one. */
export function tellChildren(state: TreeState): void {
  const { tree } = state
  const isRooted = state.status === 'attached' && state.rooted
  const told = `${tree?.root} ${tree?.term} ${tree?.born} ${isRooted} ${state.path.join(' ')}`
  if (told === state.aboveTold) return
  state.aboveTold = told
  for (const child of childLinks(state)) sendBeat(state, child)
  const parent = parentLink(state)
  if (parent !== undefined && parent.beatMs === Number.NEGATIVE_INFINITY) sendBeat(state, parent)
}
