import { limits, type NodeId } from '@borgios/core'
import type { BroadcastIds, TreeMessageOf } from '@borgios/protocol'
import { mayHear } from './broadcast.ts'
import { broadcastId, type RecentBroadcast } from './recent-broadcasts.ts'
import { ignore, send } from './sessions.ts'
import type { Link, Missing, TreeState } from './tree-state.ts'

const bounds = limits.tree

/** With a beat: what came since the neighbour last acknowledged, except what it sent us itself. */
export function offerRecent(state: TreeState, link: Link): void {
  const isRepeat = state.nowMs - link.offeredMs > bounds.pullRetryMs + bounds.beatMs
  const after = isRepeat ? link.acked : Math.max(link.acked, link.offered)
  const news = state.recent.after(after, bounds.maxIdsPerMessage)
  const last = news.at(-1)
  if (last === undefined) return
  const told = news.filter((broadcast) => isForThem(broadcast, link))
  if (told.length === 0 && link.acked === after) {
    link.acked = last.index
    return
  }
  link.offered = Math.max(link.offered, last.index)
  link.offeredMs = state.nowMs
  send(state, link.node, { kind: 'have', after, upTo: last.index, ids: groupIds(told) })
}

const isForThem = (broadcast: RecentBroadcast, link: Link): boolean =>
  broadcast.via !== link.node && broadcast.from !== link.node && mayHear(link, broadcast.audience)

function groupIds(broadcasts: Iterable<{ readonly from: NodeId; readonly sequence: number }>): BroadcastIds {
  const byPublisher = new Map<NodeId, number[]>()
  for (const { from, sequence } of broadcasts) {
    const sequences = byPublisher.get(from)
    if (sequences === undefined) byPublisher.set(from, [sequence])
    else sequences.push(sequence)
  }
  return [...byPublisher].map(([from, sequences]) => ({ from, sequences }))
}

const countIds = (ids: BroadcastIds): number => ids.reduce((sum, { sequences }) => sum + sequences.length, 0)

/** A neighbour says what it has: what we lack is noted, and pulled if it does not come by itself. */
export function onHave(state: TreeState, from: NodeId, { after, upTo, ids }: TreeMessageOf<'have'>): void {
  const link = state.links.get(from)
  if (link === undefined || link.as === 'guest') {
    ignore(state, from, 'an offer by no neighbour')
    return
  }
  if (countIds(ids) > bounds.maxIdsPerMessage) {
    ignore(state, from, 'an offer too large')
    return
  }
  if (hasPromisedTooMuch(state, from)) return
  if (after <= link.got) link.got = Math.max(link.got, upTo)
  for (const { from: publisher, sequences } of ids) {
    for (const sequence of sequences) noteMissing(state, from, publisher, sequence)
  }
}

/** One neighbour's empty promises must not take the room that others' broadcasts need. */
function hasPromisedTooMuch(state: TreeState, holder: NodeId): boolean {
  if (state.missing.size < bounds.maxMissingPerLink) return false
  let promised = 0
  for (const { holders } of state.missing.values()) if (holders.length === 1 && holders[0] === holder) promised += 1
  return promised >= bounds.maxMissingPerLink
}

function noteMissing(state: TreeState, holder: NodeId, from: NodeId, sequence: number): void {
  if (state.replay.has(from, sequence)) return
  const id = broadcastId(from, sequence)
  const known = state.missing.get(id)
  if (known !== undefined) {
    if (known.holders.length < bounds.maxHolders && !known.holders.includes(holder)) known.holders.push(holder)
    return
  }
  if (state.missing.size >= bounds.maxMissing) return
  const dueMs = state.nowMs + bounds.pullDelayMs
  state.missing.set(id, { from, sequence, sinceMs: state.nowMs, dueMs, holders: [holder] })
}

/** Pulls what is overdue, each time from the next who has it. */
export function pullMissing(state: TreeState): void {
  const wanted = new Map<NodeId, Missing[]>()
  for (const [id, missing] of state.missing) {
    if (state.nowMs - missing.sinceMs > bounds.recentAgeMs) {
      state.missing.delete(id)
      continue
    }
    if (missing.dueMs > state.nowMs) continue
    const holder = missing.holders.find((node) => state.links.has(node))
    if (holder === undefined) {
      state.missing.delete(id)
      continue
    }
    const wants = wanted.get(holder) ?? []
    if (wants.length >= bounds.maxIdsPerMessage) continue
    wants.push(missing)
    wanted.set(holder, wants)
    missing.dueMs = state.nowMs + bounds.pullRetryMs
    missing.holders.splice(missing.holders.indexOf(holder), 1)
    missing.holders.push(holder)
  }
  for (const [holder, wants] of wanted) send(state, holder, { kind: 'want', ids: groupIds(wants) })
}

export function onWant(state: TreeState, from: NodeId, { ids }: TreeMessageOf<'want'>): void {
  const link = state.links.get(from)
  if (link === undefined) {
    ignore(state, from, 'a pull by no neighbour')
    return
  }
  if (countIds(ids) > bounds.maxIdsPerMessage) {
    ignore(state, from, 'a pull too large')
    return
  }
  for (const { from: publisher, sequences } of ids) {
    for (const sequence of sequences) {
      const broadcast = state.recent.get(publisher, sequence)
      if (broadcast === undefined) continue
      if (!mayHear(link, broadcast.audience)) {
        ignore(state, from, 'a guest pulls what is for members')
        return
      }
      if (state.sessions.get(from)?.pulls.take(broadcast.bytes.length, state.nowMs) !== true) {
        ignore(state, from, 'pulls too much')
        return
      }
      state.effects.push({ kind: 'forward', to: [from], bytes: broadcast.bytes })
    }
  }
}
