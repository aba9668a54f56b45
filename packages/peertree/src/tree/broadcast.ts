import { limits, type NodeId } from '@borgios/core'
import type { Envelope } from '@borgios/crypto'
import { broadcastId } from './recent-broadcasts.ts'
import { ignore, send } from './sessions.ts'
import { isMember, type Link, linksAs, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** Our own broadcast: to ourselves and to every tree neighbour. */
export function onPublish(state: TreeState, envelope: Envelope, bytes: Uint8Array): void {
  if (!isMember(state)) {
    ignore(state, state.options.self, 'a guest publishes nothing')
    return
  }
  admit(state, state.options.self, envelope, bytes)
}

/** A broadcast from a peer, its signature checked. */
export function onBroadcast(state: TreeState, via: NodeId, envelope: Envelope, bytes: Uint8Array): void {
  const session = state.sessions.get(via)
  if (session === undefined || session.role === 'guest') {
    ignore(state, via, 'a broadcast from a guest')
    return
  }
  if (envelope.audience === undefined) {
    ignore(state, via, 'a broadcast without an audience')
    return
  }
  session.usedMs = state.nowMs
  if (isMember(state) && !state.directory.has(envelope.from)) {
    holdStranger(state, via, envelope, bytes)
    return
  }
  admit(state, via, envelope, bytes)
}

/** Delivers, keeps and passes on a broadcast, unless it was here before. */
function admit(state: TreeState, via: NodeId, envelope: Envelope, bytes: Uint8Array): void {
  const { from, sequence } = envelope
  // By our own clock: what arrives now stays acceptable for no longer than this memory lasts.
  const seen = { timeMs: state.nowMs + limits.envelope.maxAheadMs, sequence }
  const verdict = state.replay.admit(from, seen, state.nowMs)
  state.missing.delete(broadcastId(from, sequence))
  if (verdict === 'full') ignore(state, via, 'more broadcasts than can be remembered')
  if (verdict !== 'fresh') return
  state.effects.push({ kind: 'deliver', envelope })
  state.recent.add(envelope, bytes, via, state.nowMs)
  const to = linksAs(state, 'parent', 'child', 'guest')
    .filter((link) => link.node !== via && link.node !== from && mayHear(link, envelope.audience))
    .map((link) => link.node)
  if (to.length > 0) state.effects.push({ kind: 'forward', to, bytes })
}

/** Guests hear only what is for everyone. */
export const mayHear = (link: Link, audience: Envelope['audience']): boolean =>
  link.as !== 'guest' || audience === 'everyone'

/** The publisher's record is not here yet, so we cannot know that it is a member: keep the broadcast a while and ask. */
function holdStranger(state: TreeState, via: NodeId, envelope: Envelope, bytes: Uint8Array): void {
  if (state.strangers.length >= bounds.maxStrangers) {
    ignore(state, via, 'too many unknown publishers')
    return
  }
  const { from, sequence } = envelope
  const isHeld = state.strangers.some((held) => held.envelope.from === from && held.envelope.sequence === sequence)
  if (isHeld) return
  state.strangers.push({ via, envelope, bytes, atMs: state.nowMs })
  send(state, via, { kind: 'directoryWant', nodes: [from] })
}

/** Lets through what waited for a record that came, and drops what waited too long. */
export function admitStrangers(state: TreeState): void {
  if (state.strangers.length === 0) return
  const held = state.strangers
  state.strangers = held.filter(
    ({ envelope, atMs }) => !state.directory.has(envelope.from) && state.nowMs - atMs < bounds.strangerMs,
  )
  for (const { via, envelope, bytes } of held) {
    if (state.directory.has(envelope.from)) admit(state, via, envelope, bytes)
  }
}
