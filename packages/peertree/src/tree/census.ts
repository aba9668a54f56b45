import { limits, type NodeId } from '@borgios/core'
import type { Below, TreeMessageOf } from '@borgios/protocol'
import { ignore, send } from './sessions.ts'
import { SetDigest } from './set-digest.ts'
import { childLinks, type Link, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** What this node says of its subtree, from what its children said of theirs. */
export function belowOf(state: TreeState): Below {
  const children = childLinks(state)
  const census = new SetDigest()
  census.toggle(state.options.self)
  let count = 1
  let height = 0
  for (const child of children) {
    census.merge(child.censusDigest)
    count += child.below?.count ?? 1
    height = Math.max(height, (child.below?.height ?? 0) + 1)
  }
  return {
    count: Math.min(count, bounds.directoryEntries),
    height: Math.min(height, bounds.maxDepth),
    ...roomOf(state, children),
    census: census.toString(),
  }
}

function roomOf(state: TreeState, children: readonly Link[]): Pick<Below, 'freeLevels' | 'freeSlots'> {
  const own = state.degree - children.length
  if (own > 0) return { freeLevels: 0, freeSlots: own }
  let freeLevels: number = bounds.maxDepth
  let freeSlots = 0
  for (const { below } of children) {
    const levels = (below?.freeLevels ?? 0) + 1
    if (levels < freeLevels) {
      freeLevels = levels
      freeSlots = 0
    }
    if (levels === freeLevels) freeSlots += below?.freeSlots ?? state.degree
  }
  return { freeLevels, freeSlots }
}

/** Everybody in this node's subtree, as far as the children have listed it; this node included. */
export function censusOf(state: TreeState): Set<NodeId> {
  const nodes = new Set([state.options.self])
  for (const child of childLinks(state)) for (const node of child.census) nodes.add(node)
  return nodes
}

/** Asks a child for its list when what it says of it differs from what we hold. */
export function askCensus(state: TreeState, child: Link): void {
  if (child.below === undefined || child.below.census === child.censusDigest.toString()) return
  if (state.nowMs - child.censusAskedMs < bounds.censusMs) return
  child.censusAskedMs = state.nowMs
  child.censusParts.clear()
  send(state, child.node, { kind: 'censusAsk', edge: child.edge })
}

export function onCensusAsk(state: TreeState, from: NodeId, { edge }: TreeMessageOf<'censusAsk'>): void {
  const link = state.links.get(from)
  if (link?.as !== 'parent' || link.edge !== edge) {
    ignore(state, from, 'census asked by no parent')
    return
  }
  const nodes = [...censusOf(state)]
  const parts = Math.ceil(nodes.length / bounds.censusPageNodes)
  for (let part = 0; part < parts; part += 1) {
    const page = nodes.slice(part * bounds.censusPageNodes, (part + 1) * bounds.censusPageNodes)
    send(state, from, { kind: 'census', edge, part, parts, nodes: page })
  }
}

export function onCensus(state: TreeState, from: NodeId, message: TreeMessageOf<'census'>): void {
  const child = state.links.get(from)
  if (child?.as !== 'child' || child.edge !== message.edge) {
    ignore(state, from, 'census of no child')
    return
  }
  if (message.parts > Math.ceil(bounds.directoryEntries / bounds.censusPageNodes)) {
    ignore(state, from, 'census too large')
    return
  }
  child.censusParts.set(message.part, message)
  const parts = [...child.censusParts.values()].filter((part) => part.parts === message.parts)
  if (parts.length < message.parts) return
  child.censusParts.clear()
  const nodes = new Set<NodeId>([from])
  const digest = new SetDigest()
  for (const part of parts) for (const node of part.nodes) if (node !== state.options.self) nodes.add(node)
  for (const node of nodes) digest.toggle(node)
  child.census = nodes
  child.censusDigest = digest
}
