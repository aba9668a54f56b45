import { limits, type NodeId } from '@borgios/core'
import type { TreeMessageOf } from '@borgios/protocol'
import { censusOf } from './census.ts'
import { addLink } from './links.ts'
import { contactOf, dial, ignore, isMemberSession, send } from './sessions.ts'
import { isMember, linksAs, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** Keeps up a few links across the tree (Plumtree's lazy ones), best outside the own subtree: a second way for every broadcast. */
export function advanceLazyLinks(state: TreeState): void {
  if (!isMember(state) || state.status !== 'attached' || state.nowMs < state.nextLazyMs) return
  state.nextLazyMs = state.nowMs + bounds.lazyRetryMs / 2 + state.options.random.below(bounds.lazyRetryMs)
  state.lazyAsked.clear()
  if (linksAs(state, 'lazy').length >= bounds.lazyLinks) return
  const node = pickPartner(state)
  if (node === undefined) return
  if (state.sessions.has(node)) askLazy(state, node)
  else dial(state, { kind: 'lazy' }, node, contactOf(state, node).addresses)
}

function pickPartner(state: TreeState): NodeId | undefined {
  const isFree = (node: NodeId): boolean => state.directory.isUp(node) && !state.links.has(node)
  const free = [...state.directory.nodes()].filter(
    (node) => node !== state.options.self && isFree(node) && !state.suspects.has(node),
  )
  const below = censusOf(state)
  const outside = free.filter((node) => !below.has(node))
  const from = outside.length > 0 ? outside : free
  return from[state.options.random.below(Math.max(from.length, 1))]
}

/** Asks over a session for a lazy link. */
export function askLazy(state: TreeState, node: NodeId): void {
  if (state.links.has(node)) return
  const edge = state.options.random.below(2 ** 32)
  state.lazyAsked.set(edge, node)
  send(state, node, { kind: 'lazy', edge })
}

export function onLazy(state: TreeState, from: NodeId, { edge }: TreeMessageOf<'lazy'>): void {
  if (!isMemberSession(state, from)) {
    ignore(state, from, 'a guest asked for a lazy link')
    return
  }
  const known = state.links.get(from)
  const others = linksAs(state, 'lazy').filter((link) => link.node !== from)
  const ok = (known === undefined || known.as === 'lazy') && others.length < bounds.maxLazyLinks
  if (ok) addLink(state, from, 'lazy', edge)
  send(state, from, { kind: 'lazyReply', edge, ok })
}

export function onLazyReply(state: TreeState, from: NodeId, { edge, ok }: TreeMessageOf<'lazyReply'>): void {
  if (state.lazyAsked.get(edge) !== from) {
    ignore(state, from, 'an answer about a lazy link nobody asked for')
    return
  }
  state.lazyAsked.delete(edge)
  if (ok && !state.links.has(from)) addLink(state, from, 'lazy', edge)
}
