import { limits, type NodeId } from '@borgios/core'
import type { Contact, TreeMessageOf, TreeName } from '@borgios/protocol'
import { censusOf } from './census.ts'
import { outranks, sameTree } from './rank.ts'
import { beginMerging } from './seek.ts'
import { contactOf, dial, ignore, isMemberSession, send } from './sessions.ts'
import type { Target } from './tree-io.ts'
import { isMember, isRoot, isSound, parentLink, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/** Looks for other trees: the root among all it knows outside its own, the others now and then where the root may not reach. */
export function advanceProbing(state: TreeState): void {
  for (const [nonce, { deadlineMs }] of state.questions) if (deadlineMs <= state.nowMs) state.questions.delete(nonce)
  if (!isMember(state) || !isSound(state) || state.nowMs < state.nextProbeMs) return
  const pauseMs = isRoot(state) ? bounds.rootProbeMs : bounds.memberProbeMs
  state.nextProbeMs = state.nowMs + pauseMs / 2 + state.options.random.below(pauseMs)
  const due = outsidersDue(state)
  const count = isRoot(state) ? bounds.rootProbes : 1
  for (let index = 0; index < count && due.length > 0; index += 1) {
    const [target] = due.splice(state.options.random.below(due.length), 1)
    if (target !== undefined) probe(state, target)
  }
}

const keyOf = (target: Target): string => target.node ?? target.addresses.join(' ')

/** The outsiders whose turn it is. Each is asked again after ever longer pauses. */
function outsidersDue(state: TreeState): Target[] {
  const inside = isRoot(state) ? censusOf(state) : undefined
  const due: Target[] = []
  const consider = (target: Target): void => {
    if ((state.probed.get(keyOf(target))?.nextMs ?? 0) <= state.nowMs) due.push(target)
  }
  for (const { record, notice } of state.directory.entries()) {
    const { node } = record
    const isOutside = inside === undefined ? notice !== undefined : !inside.has(node)
    if (isOutside && node !== state.options.self) consider(contactOf(state, node))
  }
  for (const addresses of state.contacts) {
    const node = state.contactNodes.get(addresses.join(' '))
    if (node === undefined || !state.directory.has(node)) consider({ node: undefined, addresses })
  }
  return due
}

function probe(state: TreeState, target: Target): void {
  const key = keyOf(target)
  const pauseMs = Math.min((state.probed.get(key)?.pauseMs ?? bounds.rootProbeMs) * 2, bounds.maxProbePauseMs)
  if (state.probed.size >= bounds.maxProbed) state.probed.clear()
  state.probed.set(key, { nextMs: state.nowMs + pauseMs, pauseMs })
  if (target.node !== undefined && state.sessions.has(target.node)) {
    question(state, target.node)
    return
  }
  if (target.addresses.length > 0)
    dial(state, { kind: 'probe', addresses: target.addresses }, target.node, target.addresses)
}

/** Asks over a session which tree the other is in. */
export function question(state: TreeState, node: NodeId): void {
  if (state.tree === undefined || state.questions.size >= bounds.maxQuestions) return
  const nonce = state.options.random.below(2 ** 32)
  state.questions.set(nonce, { node, deadlineMs: state.nowMs + bounds.attachTimeoutMs })
  send(state, node, { kind: 'probe', nonce, tree: state.tree })
}

export function onProbe(state: TreeState, from: NodeId, { nonce, tree }: TreeMessageOf<'probe'>): void {
  if (!isMemberSession(state, from)) {
    ignore(state, from, 'probed by a guest')
    return
  }
  const own = isSound(state) ? state.tree : undefined
  send(state, from, { kind: 'status', nonce, ...(own === undefined ? {} : { tree: own }) })
  if (own !== undefined) compareTrees(state, tree, from)
}

export function onStatus(state: TreeState, from: NodeId, { nonce, tree }: TreeMessageOf<'status'>): void {
  const asked = state.questions.get(nonce)
  if (asked?.node !== from) {
    ignore(state, from, 'a status nobody asked for')
    return
  }
  state.questions.delete(nonce)
  state.probed.delete(from)
  if (tree !== undefined && isSound(state)) compareTrees(state, tree, from)
}

function compareTrees(state: TreeState, theirs: TreeName, from: NodeId): void {
  if (!sameTree(state.tree, theirs)) noteMeeting(state, theirs, contactOf(state, from))
}

/** We heard of another tree. If it is the greater, the root has to know: it will ask there itself. */
export function noteMeeting(state: TreeState, tree: TreeName, at: Contact): void {
  if (state.tree === undefined || !outranks(tree, state.tree) || tree.root === state.options.self) return
  if (isRoot(state)) {
    beginMerging(state, at)
    return
  }
  const parent = parentLink(state)
  if (parent === undefined || state.nowMs - state.metMs < bounds.rootProbeMs) return
  state.metMs = state.nowMs
  send(state, parent.node, { kind: 'meet', tree, at })
}

export function onMeet(state: TreeState, from: NodeId, { tree, at }: TreeMessageOf<'meet'>): void {
  if (state.links.get(from)?.as !== 'child') {
    ignore(state, from, 'word of a meeting from no child')
    return
  }
  noteMeeting(state, tree, at)
}
