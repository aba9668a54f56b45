import type { NodeId } from '@borgios/core'
import type { TreeMessageOf } from '@borgios/protocol'
import { beginHealing } from './seek.ts'
import { contactOf, send } from './sessions.ts'
import { suspectLost } from './suspects.ts'
import { createLink, type Link, parentLink, type Relation, type TreeState } from './tree-state.ts'

/** Why a link ended: its session closed, it fell silent, or the other side ended it in good order. */
export type LossReason = 'closed' | 'silent' | 'parted'

/** Makes a neighbour of a node; whatever it was before is over. */
export function addLink(state: TreeState, node: NodeId, as: Relation, edge: number): Link {
  state.links.delete(node)
  const link = createLink(node, as, edge, state.nowMs)
  state.links.set(node, link)
  // A neighbour that came back needs no obituary.
  state.suspects.delete(node)
  return link
}

/** A link is gone. A lost parent makes this node an orphan; a lost tree neighbour is under suspicion unless it left in good order. */
export function loseLink(state: TreeState, link: Link, why: LossReason): void {
  const contact = contactOf(state, link.node)
  state.links.delete(link.node)
  if (why !== 'parted') state.sessions.delete(link.node)
  if (why === 'silent') {
    state.effects.push({ kind: 'hangUp', node: link.node, why: 'lost' })
  }
  const wasTreeEdge = link.as === 'parent' || link.as === 'child'
  if (wasTreeEdge && why !== 'parted') suspectLost(state, link.node)
  if (link.as === 'parent') {
    state.lastParent = { contact, silent: why === 'silent' }
    beginHealing(state)
  }
}

/** Ends an edge and says so. */
export function part(state: TreeState, link: Link, reason: TreeMessageOf<'detach'>['reason']): void {
  send(state, link.node, { kind: 'detach', edge: link.edge, reason })
  loseLink(state, link, 'parted')
}

/** Leaves the present parent for a better place: without a moment as an orphan. */
export function leaveParent(state: TreeState): void {
  const parent = parentLink(state)
  if (parent === undefined) return
  send(state, parent.node, { kind: 'detach', edge: parent.edge, reason: 'moved' })
  state.links.delete(parent.node)
}

export function onDetach(state: TreeState, from: NodeId, { edge }: TreeMessageOf<'detach'>): void {
  const link = state.links.get(from)
  if (link !== undefined && link.edge === edge) loseLink(state, link, 'parted')
}
