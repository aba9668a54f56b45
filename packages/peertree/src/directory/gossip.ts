import { limits, type NodeId } from '@borgios/core'
import type { DownNotice, NodeRecord, TreeMessageOf } from '@borgios/protocol'
import { ignore, isMemberSession, send, strike } from '../tree/sessions.ts'
import { isMember, type Link, linksAs, type TreeState } from '../tree/tree-state.ts'
import { memberOf } from './directory.ts'

const bounds = limits.tree

/** Tells the shell and queues the entry for every tree neighbour but the one it came from. */
function spread(state: TreeState, node: NodeId, via: NodeId): void {
  const entry = state.directory.get(node)
  if (entry !== undefined) state.effects.push({ kind: 'memberChanged', member: memberOf(entry) })
  for (const link of linksAs(state, 'parent', 'child')) if (link.node !== via) link.news.add(node)
}

/** What became of a record: `good` also if it was no news, `unlisted` if there is no room for it. */
type Taking = 'good' | 'unlisted' | 'busy' | 'expired' | 'forged'

/**
 * Takes in a record from a peer if it is news, there is room for it, its signatures stand and its invitation has not run out. What costs
 * little is looked at first.
 */
export function takeRecord(state: TreeState, from: NodeId, record: NodeRecord): Taking {
  const { self, keys } = state.options
  if (!state.directory.wantsRecord(record, state.nowMs)) return 'good'
  if (record.node !== self && !state.directory.hasRoomFor(record)) return 'unlisted'
  if (keys.hasExpired(record, state.timeOfDayMs)) {
    // No fault of the bearer: its clock or its register may be a little ahead or behind.
    ignore(state, from, 'a node record of no member')
    return 'expired'
  }
  if (state.sessions.get(from)?.recordChecks.take(1, state.nowMs) !== true) return 'busy'
  if (!keys.verifyRecord(record, state.timeOfDayMs)) {
    strike(state, from, 'a node record whose signatures do not stand')
    return 'forged'
  }
  if (record.node === self) {
    // Only we sign these: it is from before a restart, and ours must be newer to be heard.
    state.sequence = Math.max(state.sequence, record.sequence)
    state.announceDue = true
    return 'good'
  }
  state.directory.putRecord(record, state.nowMs)
  spread(state, record.node, from)
  return 'good'
}

function takeNotice(state: TreeState, from: NodeId, notice: DownNotice): void {
  const { self, keys } = state.options
  if (notice.node === self) {
    if (notice.sequence < state.sequence) return
  } else if (!state.directory.wantsNotice(notice)) return
  if (!state.directory.has(notice.by)) {
    ignore(state, from, 'a down notice by nobody known')
    return
  }
  if (!keys.verifyNotice(notice)) {
    strike(state, from, 'a down notice whose signature does not stand')
    return
  }
  if (notice.node === self) {
    // Still here: a record with a higher sequence says so.
    state.announceDue = true
    return
  }
  state.directory.putNotice(notice, state.nowMs)
  spread(state, notice.node, from)
}

export function onDirectoryEntries(state: TreeState, from: NodeId, message: TreeMessageOf<'directoryEntries'>): void {
  if (!isMemberSession(state, from)) {
    ignore(state, from, 'directory entries from a guest')
    return
  }
  for (const record of message.records) {
    const taking = takeRecord(state, from, record)
    if (taking === 'forged') return
    if (taking === 'busy') {
      // A later comparison brings the rest.
      ignore(state, from, 'too many records')
      break
    }
  }
  for (const notice of message.notices) takeNotice(state, from, notice)
}

/** Members whose invitation has run out, or that the register has put out, are none any more: every node sees that by itself, so nobody is told. */
export function expireMembers(state: TreeState): void {
  const { self, keys } = state.options
  for (const entry of state.directory.entries()) {
    const { node } = entry.record
    if (node === self || !keys.hasExpired(entry.record, state.timeOfDayMs)) continue
    state.directory.remove(node)
    state.effects.push({ kind: 'memberChanged', member: { ...memberOf(entry), state: 'down', sinceMs: state.nowMs } })
    if (state.sessions.get(node)?.role === 'member') state.effects.push({ kind: 'hangUp', node, why: 'expired' })
  }
}

/** Signs and spreads a new record of ourselves. */
export function announce(state: TreeState): void {
  if (!isMember(state)) return
  state.announceDue = false
  state.announcedMs = state.nowMs
  if (state.directory.has(state.options.self)) state.sequence += 1
  const record = state.options.keys.signRecord({ ...state.about, sequence: state.sequence })
  state.directory.putRecord(record, state.nowMs)
  spread(state, state.options.self, state.options.self)
}

/** Signs and spreads the word that a member, as of its present record, is down. */
export function declareDown(state: TreeState, node: NodeId): void {
  const entry = state.directory.get(node)
  if (!isMember(state) || entry === undefined || entry.notice !== undefined) return
  const notice = state.options.keys.signNotice({ node, sequence: entry.record.sequence })
  state.directory.putNotice(notice, state.nowMs)
  spread(state, node, state.options.self)
}

/** A notice by somebody who is gone too means nothing to who never knew them: then we say it ourselves. */
function vouchFor(state: TreeState, notice: DownNotice): DownNotice {
  if (state.directory.isUp(notice.by) || notice.by === notice.node) return notice
  const own = state.options.keys.signNotice({ node: notice.node, sequence: notice.sequence })
  state.directory.replaceNotice(own)
  return own
}

/** Sends these entries, records before the notices against them. */
export function sendEntries(state: TreeState, to: NodeId, nodes: Iterable<NodeId>): void {
  let records: NodeRecord[] = []
  let notices: DownNotice[] = []
  const flush = (): void => {
    if (records.length > 0) send(state, to, { kind: 'directoryEntries', records, notices })
    records = []
    notices = []
  }
  for (const node of nodes) {
    const entry = state.directory.get(node)
    if (entry === undefined) continue
    if (state.sessions.get(to)?.records.take(1, state.nowMs) !== true) break
    records.push(entry.record)
    if (entry.notice !== undefined) notices.push(vouchFor(state, entry.notice))
    if (records.length === bounds.directoryPageRecords) flush()
  }
  flush()
}

/** Passes on what waits for this neighbour: the first news at once, what follows it together. */
export function flushNews(state: TreeState, link: Link): void {
  if (link.news.size === 0 || state.nowMs - link.newsMs < bounds.newsPauseMs) return
  link.newsMs = state.nowMs
  sendEntries(state, link.node, link.news)
  link.news.clear()
}
