import { limits, type NodeId } from '@borgios/core'
import type { Contact, TreeMessage } from '@borgios/protocol'
import type { Role } from '../peer-network.ts'
import { TokenBucket } from './token-bucket.ts'
import type { TreeEffect } from './tree-io.ts'
import { type DialPurpose, isMember, type Session, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** Sends if there is a session; what cannot be sent is lost, as anything sent may be. */
export function send(state: TreeState, to: NodeId, message: TreeMessage): void {
  const session = state.sessions.get(to)
  if (session === undefined) return
  session.usedMs = state.nowMs
  state.effects.push({ kind: 'send', to, message })
}

/** Notes for the log that a peer's message was left aside. */
export function ignore(state: TreeState, from: NodeId, reason: string): void {
  state.effects.push({ kind: 'ignored', from, reason })
}

/** A bad signature or the like: an honest node never sends it. After a few the session ends. */
export function strike(state: TreeState, from: NodeId, reason: string): void {
  ignore(state, from, reason)
  const session = state.sessions.get(from)
  if (session === undefined) return
  session.strikes += 1
  if (session.strikes >= bounds.maxStrikes) state.effects.push({ kind: 'hangUp', node: from, why: 'abuse' })
}

export function openSession(state: TreeState, node: NodeId, role: Role, addresses: readonly string[]): void {
  if (state.sessions.size >= bounds.maxSessions) {
    ignore(state, node, 'too many sessions')
    return
  }
  const rate = role === 'member' ? bounds.messagesPerSecond : bounds.guestMessagesPerSecond
  const burst = role === 'member' ? bounds.messageBurst : bounds.guestMessageBurst
  const { nowMs } = state
  const session: Session = {
    node,
    role,
    addresses: addresses.slice(0, bounds.maxAddresses),
    bucket: new TokenBucket(rate, burst, nowMs),
    pulls: new TokenBucket(bounds.pullBytesPerSecond, bounds.pullBurstBytes, nowMs),
    summaries: new TokenBucket(bounds.summariesPerSecond, bounds.summaryBurst, nowMs),
    records: new TokenBucket(bounds.recordsPerSecond, bounds.recordBurst, nowMs),
    recordChecks: new TokenBucket(bounds.recordChecksPerSecond, bounds.recordCheckBurst, nowMs),
    dialed: false,
    usedMs: nowMs,
    strikes: 0,
  }
  state.sessions.set(node, session)
  state.suspects.delete(node)
}

/** The shell may go on after the core gave up, so that the next try finds the session; it lets go after `withinMs`. */
export function dial(
  state: TreeState,
  purpose: DialPurpose,
  node: NodeId | undefined,
  addresses: readonly string[],
  withinMs: number = bounds.lateDialMs,
): void {
  const number = state.nextDial
  state.nextDial += 1
  state.dials.set(number, { purpose, deadlineMs: state.nowMs + bounds.dialTimeoutMs })
  state.effects.push({ kind: 'dial', dial: number, node, addresses, withinMs })
}

/** Whether a peer is a member and so may hear of the tree and be heard on it. */
export const isMemberSession = (state: TreeState, node: NodeId): boolean =>
  isMember(state) && state.sessions.get(node)?.role === 'member'

/** Where a node can be reached: its own signed word first, else what its session said. */
export function contactOf(state: TreeState, node: NodeId): Contact {
  const own = node === state.options.self ? state.about.addresses : undefined
  const recorded = state.directory.get(node)?.record.addresses
  const grouped = state.group.find((contact) => contact.node === node)?.addresses
  const addresses = own ?? recorded ?? state.sessions.get(node)?.addresses ?? grouped ?? []
  return { node, addresses: [...addresses] }
}

/** Hangs up what the tree dialed and does not use any more. */
export function hangUpIdle(state: TreeState): void {
  for (const session of state.sessions.values()) {
    const busy = state.links.has(session.node) || state.nowMs - session.usedMs < bounds.idleSessionMs
    if (!session.dialed || busy) continue
    session.dialed = false
    state.effects.push({ kind: 'hangUp', node: session.node, why: 'idle' } satisfies TreeEffect)
  }
}
