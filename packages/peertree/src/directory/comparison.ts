import { limits, type NodeId } from '@borgios/core'
import type { TreeMessageOf } from '@borgios/protocol'
import { ignore, isMemberSession, send } from '../tree/sessions.ts'
import type { Link, TreeState } from '../tree/tree-state.ts'
import { sendEntries } from './gossip.ts'

const bounds = limits.tree

/** A neighbour's beat brought the fingerprint of its directory: if it stays different, compare entry by entry. */
export function onDirectoryDigest(state: TreeState, link: Link, digest: string): void {
  if (digest === state.directory.digest) {
    link.differsMs = undefined
    return
  }
  link.differsMs ??= state.nowMs
  const isFirst = link.comparedMs === Number.NEGATIVE_INFINITY
  const isNews = !isFirst && state.nowMs - link.differsMs < bounds.differenceMs
  if (isNews || state.nowMs - link.comparedMs < bounds.reconcileMs) return
  link.comparedMs = state.nowMs
  sendSummary(state, link.node)
}

function sendSummary(state: TreeState, to: NodeId): void {
  const entries = [...state.directory.entries()].sort((left, right) => (left.record.node < right.record.node ? -1 : 1))
  const members = entries.map(({ record, notice }) => ({
    node: record.node,
    sequence: record.sequence,
    up: notice === undefined,
  }))
  let after: NodeId | undefined
  for (let start = 0; start < members.length; start += bounds.directorySummaryMembers) {
    const page = members.slice(start, start + bounds.directorySummaryMembers)
    const isLast = start + page.length === members.length
    const upTo = isLast ? undefined : page.at(-1)?.node
    send(state, to, {
      kind: 'directorySummary',
      ...(after === undefined ? {} : { after }),
      ...(upTo === undefined ? {} : { upTo }),
      members: page,
    })
    after = upTo
  }
}

export function onDirectorySummary(state: TreeState, from: NodeId, message: TreeMessageOf<'directorySummary'>): void {
  const session = state.sessions.get(from)
  if (session === undefined || !state.links.has(from) || !isMemberSession(state, from)) {
    ignore(state, from, 'a comparison by no neighbour')
    return
  }
  if (!session.summaries.take(1, state.nowMs)) {
    ignore(state, from, 'too many comparisons')
    return
  }
  const { after, upTo } = message
  const theirs = new Map(message.members.map((member) => [member.node, member]))
  const newer: NodeId[] = []
  const older: NodeId[] = []
  for (const { record, notice } of state.directory.entries()) {
    if ((after !== undefined && record.node <= after) || (upTo !== undefined && record.node > upTo)) continue
    const known = theirs.get(record.node)
    // Nobody needs to hear of a down member that it never knew: so the memory of the long gone dies out.
    if (known === undefined) {
      if (notice === undefined) newer.push(record.node)
    } else if (record.sequence > known.sequence) newer.push(record.node)
    else if (record.sequence < known.sequence) older.push(record.node)
    else if (notice !== undefined && known.up) newer.push(record.node)
    else if (notice === undefined && !known.up) older.push(record.node)
  }
  for (const { node, up } of theirs.values()) if (up && !state.directory.has(node)) older.push(node)
  sendEntries(state, from, newer)
  for (let start = 0; start < older.length; start += bounds.directoryPageRecords) {
    send(state, from, { kind: 'directoryWant', nodes: older.slice(start, start + bounds.directoryPageRecords) })
  }
}

export function onDirectoryWant(state: TreeState, from: NodeId, message: TreeMessageOf<'directoryWant'>): void {
  if (!isMemberSession(state, from)) {
    ignore(state, from, 'a guest asked for records')
    return
  }
  sendEntries(state, from, message.nodes)
}
