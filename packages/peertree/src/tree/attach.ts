import { limits, type NodeId } from '@borgios/core'
import type { Above, TreeMessageOf } from '@borgios/protocol'
import { takeRecord } from '../directory/gossip.ts'
import { belowOf } from './census.ts'
import { addLink, leaveParent } from './links.ts'
import { noteMeeting } from './merge.ts'
import { outranks, sameTree } from './rank.ts'
import { failAttempt, findAttempt } from './seek.ts'
import { contactOf, ignore, send } from './sessions.ts'
import { childLinks, isMember, isRoot, isSound, type Link, linksAs, type TreeState } from './tree-state.ts'
import { aboveOf, adopt, faultOf, refreshRoot, withGroup } from './way-up.ts'

const bounds = limits.tree
type Attach = TreeMessageOf<'attach'>

/** Somebody asks to become our child. */
export function onAttach(state: TreeState, from: NodeId, message: Attach): void {
  const session = state.sessions.get(from)
  if (session === undefined || !isMember(state)) {
    ignore(state, from, 'a guest takes nobody in')
    return
  }
  if (session.role === 'guest') {
    onGuestAttach(state, from, message)
    return
  }
  const { record, edge } = message
  if (record?.node !== from || message.below === undefined) {
    ignore(state, from, 'attach without own record')
    return
  }
  const taking = takeRecord(state, from, record)
  if (taking === 'unlisted') send(state, from, { kind: 'refuse', edge, reason: 'unlisted' })
  if (taking !== 'good') return
  const refusal = refusalOf(state, from, message)
  if (refusal !== undefined) {
    send(state, from, { kind: 'refuse', edge, reason: refusal })
    if (refusal === 'lesser' && message.tree !== undefined) noteMeeting(state, message.tree, contactOf(state, from))
    return
  }
  const known = state.links.get(from)
  if (known?.as === 'child') state.links.delete(from)
  if (hasPlaceFor(state, message)) {
    accept(state, from, message)
    return
  }
  const next = nextHop(state, from, message)
  if (next === undefined) send(state, from, { kind: 'refuse', edge, reason: 'full' })
  else send(state, from, { kind: 'redirect', edge, to: contactOf(state, next) })
}

function refusalOf(state: TreeState, from: NodeId, message: Attach): TreeMessageOf<'refuse'>['reason'] | undefined {
  if (state.status !== 'attached' || state.tree === undefined) return 'orphan'
  if (!isSound(state)) return 'unrooted'
  if (state.path.includes(from)) return 'cycle'
  if (message.why !== 'merge' || message.tree === undefined) return undefined
  return outranks(state.tree, message.tree) ? undefined : 'lesser'
}

/** Depth a child of this node has. */
const childDepth = (state: TreeState): number => state.path.length

function hasPlaceFor(state: TreeState, message: Attach): boolean {
  const depth = childDepth(state)
  const height = message.below?.height ?? 0
  if (childLinks(state).length >= state.degree || depth + height >= bounds.maxDepth - 1) return false
  if (message.why === 'move') return depth < message.depth
  // An orphan with a subtree must be helped at once; who is new can walk to the best place.
  return message.why === 'heal' || message.hops > 0 || depth <= state.treeFreeDepth
}

/** Where to send somebody there is no place for here: once up to the root, then down to the child with the shallowest room. */
function nextHop(state: TreeState, from: NodeId, message: Attach): NodeId | undefined {
  const own = belowOf(state)
  const ownFreeDepth = childDepth(state) + own.freeLevels
  const isUpBetter = ownFreeDepth > state.treeFreeDepth && message.why !== 'heal'
  if (message.hops === 0 && isUpBetter && !isRoot(state)) return state.tree?.root
  if (message.why === 'move' && ownFreeDepth >= message.depth) return undefined
  const children = childLinks(state).filter((child) => child.node !== from && isResponsive(state, child))
  const best = children.reduce<Link | undefined>(
    (found, child) => (found === undefined || roomBelow(child) < roomBelow(found) ? child : found),
    undefined,
  )
  if (best !== undefined) reserve(best)
  return best?.node
}

const isResponsive = (state: TreeState, child: Link): boolean => state.nowMs - child.heardMs < 2 * bounds.beatMs

const roomBelow = (child: Link): number => child.below?.freeLevels ?? 0

/** Counts a place as taken until the child's next word, so that a storm of joins spreads over the children. */
function reserve(child: Link): void {
  if (child.below === undefined) return
  const freeSlots = child.below.freeSlots - 1
  const isUsedUp = freeSlots <= 0
  child.below = {
    ...child.below,
    freeLevels: Math.min(child.below.freeLevels + (isUsedUp ? 1 : 0), bounds.maxDepth),
    freeSlots: isUsedUp ? bounds.degree : freeSlots,
  }
}

function accept(state: TreeState, from: NodeId, message: Attach): void {
  if (state.tree === undefined) return
  const child = addLink(state, from, 'child', message.edge)
  child.below = message.below
  refreshRoot(state)
  const record = state.directory.get(state.options.self)?.record
  const above = withGroup(state, child, aboveOf(state, state.tree))
  send(state, from, { kind: 'accept', edge: message.edge, above, ...(record === undefined ? {} : { record }) })
}

/** A guest gets a place as a leaf, or one other address to try, and learns nothing else. */
function onGuestAttach(state: TreeState, from: NodeId, { edge, hops }: Attach): void {
  if (!isSound(state)) {
    send(state, from, { kind: 'refuse', edge, reason: 'unrooted' })
    return
  }
  const guests = linksAs(state, 'guest').filter((guest) => guest.node !== from)
  if (guests.length < bounds.maxGuests) {
    addLink(state, from, 'guest', edge)
    send(state, from, { kind: 'accept', edge })
    return
  }
  const children = childLinks(state).filter((child) => isResponsive(state, child))
  const next = children[state.options.random.below(Math.max(children.length, 1))] ?? linksAs(state, 'parent')[0]
  if (next === undefined || hops >= bounds.maxRedirects) send(state, from, { kind: 'refuse', edge, reason: 'full' })
  else send(state, from, { kind: 'redirect', edge, to: contactOf(state, next.node) })
}

/** We were taken in. */
export function onAccept(state: TreeState, from: NodeId, message: TreeMessageOf<'accept'>): void {
  const attempt = findAttempt(state, from, message.edge)
  const link = state.links.get(from)
  if (attempt === undefined) {
    // Too late: we are elsewhere by now. A repeated word of the present parent is no news.
    if (link?.edge !== message.edge) send(state, from, { kind: 'detach', edge: message.edge, reason: 'moved' })
    return
  }
  if (message.record !== undefined && message.record.node === from) takeRecord(state, from, message.record)
  if (!isAcceptable(state, from, message.above)) {
    send(state, from, { kind: 'detach', edge: message.edge, reason: 'moved' })
    failAttempt(state, attempt)
    return
  }
  settle(state, from, message)
}

function isAcceptable(state: TreeState, from: NodeId, above: Above | undefined): boolean {
  if (!isMember(state)) return true
  if (above === undefined || !above.rooted || faultOf(state, from, above) !== undefined) return false
  if (state.links.get(from)?.as === 'child') return false
  const why = state.seek?.why
  if (why === 'move') return sameTree(state.tree, above.tree) && above.path.length < state.path.length - 1
  if (why === 'merge') return state.tree !== undefined && outranks(above.tree, state.tree)
  return true
}

function settle(state: TreeState, from: NodeId, { edge, above }: TreeMessageOf<'accept'>): void {
  leaveParent(state)
  addLink(state, from, 'parent', edge)
  state.status = 'attached'
  state.seek = undefined
  state.moveAtMs = undefined
  state.lastParent = undefined
  state.pulseAtMs = state.nowMs
  state.rooted = true
  if (above !== undefined) adopt(state, above)
}
