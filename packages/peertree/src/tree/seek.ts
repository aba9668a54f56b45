import { limits, type NodeId } from '@borgios/core'
import type { Contact, TreeMessageOf } from '@borgios/protocol'
import { belowOf, censusOf } from './census.ts'
import { contactOf, dial, send } from './sessions.ts'
import type { Target } from './tree-io.ts'
import { type Attempt, isMember, isRoot, parentLink, type Seek, type TreeState } from './tree-state.ts'
import { becomeRoot } from './way-up.ts'

const bounds = limits.tree

function begin(state: TreeState, why: Seek['why'], queue: Target[], patienceMs: number): void {
  state.seek = {
    why,
    startedMs: state.nowMs,
    patienceMs: patienceMs + state.options.random.below(patienceMs),
    round: 0,
    queue,
    attempts: [],
    unrooted: new Set(),
    orphans: new Set(),
    nextAttemptMs: state.nowMs,
    nextRoundMs: undefined,
  }
}

/** First join: through the contacts. Without any this node is the first. */
export function beginJoining(state: TreeState): void {
  if (state.contacts.length === 0 && isMember(state)) {
    becomeRoot(state, false)
    return
  }
  begin(state, 'join', contactTargets(state), bounds.joinPatienceMs)
  advanceSeek(state)
}

/** The parent is lost: this node and its subtree look for a new place, or for a new root. */
export function beginHealing(state: TreeState): void {
  state.status = 'orphan'
  state.rooted = false
  state.moveAtMs = undefined
  begin(state, 'heal', healingTargets(state, 0), bounds.patienceMs)
  state.path = [state.options.self]
  advanceSeek(state)
}

/** Looks for a shallower place while keeping the present one. */
export function beginMoving(state: TreeState): void {
  const root = state.tree?.root
  if (root === undefined || state.seek !== undefined) return
  begin(state, 'move', [contactOf(state, root)], bounds.patienceMs)
  advanceSeek(state)
}

/** This root met a greater tree and asks for a place in it. */
export function beginMerging(state: TreeState, at: Contact): void {
  if (state.seek !== undefined || !isRoot(state)) return
  begin(state, 'merge', [at], bounds.patienceMs)
  advanceSeek(state)
}

/** Contacts are addresses: whoever answers there now will do. */
const contactTargets = (state: TreeState): Target[] =>
  state.contacts.map((addresses) => ({ node: undefined, addresses }))

/** The members of the root group that come before this node in it, the lost root aside; they elect themselves first. */
const eldersOf = (state: TreeState): readonly NodeId[] => {
  const siblings = state.group.slice(1).map((contact) => contact.node)
  const own = siblings.indexOf(state.options.self)
  return own < 0 ? [] : siblings.slice(0, own)
}

/** Whether this node is one of the root's children, and so one of those who make the next root. */
const inRootGroup = (state: TreeState): boolean => state.group.slice(1).some(({ node }) => node === state.options.self)

/** Whom to ask, best first: the grandparent, the root group in order, known members, the contacts. */
function healingTargets(state: TreeState, round: number): Target[] {
  const lost = state.lastParent
  const targets: Target[] = []
  const asked = new Set<NodeId>([state.options.self])
  // Who fell silent would only hold us up; who merely lost the connection may still be there.
  if (lost !== undefined) asked.add(lost.contact.node)
  if (lost?.silent === false) targets.push(lost.contact)
  const add = (node: NodeId | undefined): void => {
    if (node === undefined || asked.has(node)) return
    asked.add(node)
    targets.push(contactOf(state, node))
  }
  add(state.grandparent)
  for (const { node } of state.group) add(node)
  // The root group elects by itself; for it, others come into play only if that fails.
  if (round >= bounds.electionRounds || !inRootGroup(state)) {
    const below = censusOf(state)
    const known = [...state.directory.nodes()].filter((node) => state.directory.isUp(node) && !below.has(node))
    for (let count = 0; count < bounds.seekMembers && known.length > 0; count += 1) {
      add(known.splice(state.options.random.below(known.length), 1)[0])
    }
    targets.push(...contactTargets(state))
  }
  if (lost?.silent === true && round >= bounds.electionRounds) targets.push(lost.contact)
  return targets
}

/** Moves the search on: time-outs, the next attempts, the end of a round. */
export function advanceSeek(state: TreeState): void {
  const { seek } = state
  if (seek === undefined) return
  seek.attempts = seek.attempts.filter((attempt) => attempt.deadlineMs > state.nowMs)
  if (seek.nextRoundMs !== undefined) {
    if (state.nowMs < seek.nextRoundMs) return
    startRound(state, seek)
  }
  while (state.seek === seek && seek.queue.length > 0 && mayStartAttempt(state, seek)) {
    const target = seek.queue.shift()
    if (target !== undefined) startAttempt(state, seek, target)
  }
  if (state.seek === seek && seek.queue.length === 0 && seek.attempts.length === 0) endRound(state, seek)
}

function mayStartAttempt(state: TreeState, seek: Seek): boolean {
  if (seek.attempts.length === 0) return true
  // Once somebody shows the way, a second walk would only take up room elsewhere.
  if (seek.attempts.some((attempt) => attempt.hops > 0)) return false
  return seek.attempts.length < bounds.parallelAttempts && state.nowMs >= seek.nextAttemptMs
}

function startAttempt(state: TreeState, seek: Seek, target: Target): void {
  seek.nextAttemptMs = state.nowMs + bounds.attemptStaggerMs
  const attempt: Attempt = { target, phase: 'dialing', node: undefined, edge: 0, hops: 0, deadlineMs: 0 }
  seek.attempts.push(attempt)
  pursue(state, seek, attempt, target)
}

/** Takes an attempt to its next target. */
function pursue(state: TreeState, seek: Seek, attempt: Attempt, target: Target): void {
  if (target.node !== undefined && state.sessions.has(target.node)) {
    ask(state, seek, attempt, target.node)
    return
  }
  if (target.addresses.length === 0 || target.node === state.options.self) {
    drop(seek, attempt)
    return
  }
  attempt.phase = 'dialing'
  attempt.deadlineMs = state.nowMs + bounds.dialTimeoutMs
  dial(state, { kind: 'attach', attempt }, target.node, target.addresses)
}

function ask(state: TreeState, seek: Seek, attempt: Attempt, node: NodeId): void {
  if (state.sessions.get(node)?.role !== 'member') {
    drop(seek, attempt)
    return
  }
  attempt.phase = 'asked'
  attempt.node = node
  attempt.edge = state.options.random.below(2 ** 32)
  attempt.deadlineMs = state.nowMs + bounds.attachTimeoutMs
  const record = state.directory.get(state.options.self)?.record
  send(state, node, {
    kind: 'attach',
    edge: attempt.edge,
    why: seek.why,
    depth: state.path.length - 1,
    hops: attempt.hops,
    ...(state.tree === undefined ? {} : { tree: state.tree }),
    ...(record === undefined ? {} : { record, below: belowOf(state) }),
  })
}

const drop = (seek: Seek, attempt: Attempt): void => {
  seek.attempts = seek.attempts.filter((other) => other !== attempt)
}

/** The dial of an attempt ended, with a session or without. */
export function onAttemptDialed(state: TreeState, attempt: Attempt, node: NodeId | undefined): void {
  const { seek } = state
  if (seek === undefined || !seek.attempts.includes(attempt)) return
  if (node === undefined || !state.sessions.has(node)) drop(seek, attempt)
  else ask(state, seek, attempt, node)
  advanceSeek(state)
}

/** The attempt that asked this node for this edge, if one is under way. */
export const findAttempt = (state: TreeState, from: NodeId, edge: number): Attempt | undefined =>
  state.seek?.attempts.find((attempt) => attempt.phase === 'asked' && attempt.node === from && attempt.edge === edge)

/** Gives an attempt up and goes on with the next. */
export function failAttempt(state: TreeState, attempt: Attempt): void {
  if (state.seek === undefined) return
  drop(state.seek, attempt)
  advanceSeek(state)
}

export function onRedirect(state: TreeState, from: NodeId, message: TreeMessageOf<'redirect'>): void {
  const attempt = findAttempt(state, from, message.edge)
  if (attempt === undefined || state.seek === undefined) return
  attempt.hops += 1
  if (attempt.hops > bounds.maxRedirects) {
    failAttempt(state, attempt)
    return
  }
  pursue(state, state.seek, attempt, message.to)
  advanceSeek(state)
}

export function onRefuse(state: TreeState, from: NodeId, message: TreeMessageOf<'refuse'>): void {
  const attempt = findAttempt(state, from, message.edge)
  if (attempt === undefined) return
  if (message.reason === 'unrooted' || message.reason === 'orphan') state.seek?.unrooted.add(from)
  if (message.reason === 'unlisted') state.effects.push({ kind: 'turnedAway', by: from })
  if (message.reason === 'orphan') state.seek?.orphans.add(from)
  failAttempt(state, attempt)
}

function endRound(state: TreeState, seek: Seek): void {
  if (seek.why === 'move' || seek.why === 'merge') {
    state.seek = undefined
    return
  }
  const waitedMs = state.nowMs - seek.startedMs
  if (isMember(state) && shouldBecomeRoot(state, seek, waitedMs)) {
    const elected = seek.why === 'heal' && inRootGroup(state) && seek.unrooted.size > 0
    becomeRoot(state, elected)
    return
  }
  const pauseMs = Math.min(bounds.seekPauseMs * 2 ** Math.min(seek.round, 8), bounds.maxSeekPauseMs)
  seek.nextRoundMs = state.nowMs + pauseMs + state.options.random.below(pauseMs)
}

/** A round ended without a place. Is it this node's turn to be the root? */
function shouldBecomeRoot(state: TreeState, seek: Seek, waitedMs: number): boolean {
  if (waitedMs >= seek.patienceMs) return true
  const isAlone = seek.unrooted.size === 0
  if (seek.why === 'join') return isAlone && seek.round > 0
  if (inRootGroup(state)) return !eldersOf(state).some((elder) => seek.orphans.has(elder))
  if (isAlone) return seek.round > 1
  // The whole root group is gone: of the orphans that meet, the one with the lowest id goes first.
  const isGroupGone = !state.group.some(({ node }) => seek.unrooted.has(node))
  return seek.round > 0 && isGroupGone && ![...seek.orphans].some((other) => other < state.options.self)
}

function startRound(state: TreeState, seek: Seek): void {
  seek.nextRoundMs = undefined
  seek.round += 1
  seek.unrooted.clear()
  seek.orphans.clear()
  seek.queue = seek.why === 'join' ? contactTargets(state) : healingTargets(state, seek.round)
}

/** Whether this seek still makes sense where the node now stands. */
export const isSeekValid = (state: TreeState, seek: Seek): boolean => {
  if (seek.why === 'merge') return isRoot(state)
  if (seek.why === 'move') return parentLink(state) !== undefined
  return parentLink(state) === undefined
}
