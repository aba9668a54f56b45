import { limits, type NodeId } from '@borgios/core'
import { announce, declareDown, expireMembers } from '../directory/gossip.ts'
import { advanceBeats, tellChildren } from './beats.ts'
import { admitStrangers, onBroadcast, onPublish } from './broadcast.ts'
import { advanceLazyLinks, askLazy } from './lazy-links.ts'
import { loseLink } from './links.ts'
import { advanceProbing, question } from './merge.ts'
import { receive } from './receive.ts'
import { pullMissing } from './repair.ts'
import { advanceSeek, beginJoining, isSeekValid, onAttemptDialed } from './seek.ts'
import { hangUpIdle, openSession, send } from './sessions.ts'
import { advanceSuspects, failCheck } from './suspects.ts'
import type { Moment, TreeEffect, TreeEvent } from './tree-io.ts'
import { positionOf, type TreeState } from './tree-state.ts'
import { advanceDirectory, advanceMoving, checkPulse, forgiveSilence } from './upkeep.ts'
import { refreshRoot } from './way-up.ts'

const bounds = limits.tree

/**
 * The whole life of a node in the tree: takes one event, changes the state in place and returns what the shell shall do. No I/O, no clock.
 * Same options, seed, events and moments give the same effects.
 */
export function step(state: TreeState, event: TreeEvent, now: Moment): readonly TreeEffect[] {
  state.nowMs = now.monotonicMs
  state.timeOfDayMs = now.timeOfDayMs
  state.effects = []
  if (state.status === 'stopped') return []
  handle(state, event)
  admitStrangers(state)
  refreshRoot(state)
  advanceDirectory(state)
  tellChildren(state)
  tellPosition(state)
  return state.effects
}

function handle(state: TreeState, event: TreeEvent): void {
  switch (event.kind) {
    case 'start':
      start(state, event.contacts)
      break
    case 'stop':
      stop(state)
      break
    case 'tick':
      tick(state)
      break
    case 'sessionOpened':
      openSession(state, event.node, event.role, event.addresses)
      break
    case 'sessionClosed':
      closeSession(state, event.node)
      break
    case 'dialed':
      endDial(state, event.dial, event.node)
      break
    case 'dialFailed':
      endDial(state, event.dial, undefined)
      break
    case 'received':
      receive(state, event.from, event.message)
      break
    case 'broadcastReceived':
      onBroadcast(state, event.from, event.envelope, event.bytes)
      break
    case 'publish':
      onPublish(state, event.envelope, event.bytes)
  }
}

function start(state: TreeState, contacts: readonly (readonly string[])[]): void {
  state.contacts = contacts
  state.tickedMs = state.nowMs
  announce(state)
  beginJoining(state)
}

function stop(state: TreeState): void {
  declareDown(state, state.options.self)
  state.announceDue = false
  for (const link of state.links.values()) link.newsMs = Number.NEGATIVE_INFINITY
  advanceDirectory(state)
  for (const link of state.links.values()) {
    send(state, link.node, { kind: 'detach', edge: link.edge, reason: 'leaving' })
  }
  state.links.clear()
  state.seek = undefined
  state.status = 'stopped'
}

function tick(state: TreeState): void {
  if (state.nowMs - state.tickedMs > bounds.frozenMs) forgiveSilence(state)
  state.tickedMs = state.nowMs
  for (const [number, { deadlineMs }] of state.dials) if (deadlineMs <= state.nowMs) endDial(state, number, undefined)
  if (state.seek !== undefined && !isSeekValid(state, state.seek)) state.seek = undefined
  advanceBeats(state)
  checkPulse(state)
  advanceSeek(state)
  advanceMoving(state)
  advanceProbing(state)
  advanceLazyLinks(state)
  expireMembers(state)
  advanceSuspects(state)
  pullMissing(state)
  state.recent.prune(state.nowMs)
  state.directory.forget(state.nowMs)
  hangUpIdle(state)
}

function closeSession(state: TreeState, node: NodeId): void {
  const link = state.links.get(node)
  if (link === undefined) state.sessions.delete(node)
  else loseLink(state, link, 'closed')
}

/** A dial came to its end. One that we gave up may still bring a session, which then goes idle. */
function endDial(state: TreeState, number: number, node: NodeId | undefined): void {
  const session = node === undefined ? undefined : state.sessions.get(node)
  if (session !== undefined) {
    session.dialed = true
    session.usedMs = state.nowMs
  }
  const pending = state.dials.get(number)
  if (pending === undefined) return
  state.dials.delete(number)
  const { purpose } = pending
  if (purpose.kind === 'attach') {
    if (purpose.attempt.hops === 0) noteContact(state, purpose.attempt.target.addresses, node)
    onAttemptDialed(state, purpose.attempt, node)
  } else if (purpose.kind === 'check') {
    if (session === undefined) failCheck(purpose.suspect)
    else state.suspects.delete(purpose.node)
  } else if (session !== undefined) {
    if (purpose.kind === 'lazy') askLazy(state, session.node)
    else {
      noteContact(state, purpose.addresses, session.node)
      question(state, session.node)
    }
  }
}

function noteContact(state: TreeState, addresses: readonly string[], node: NodeId | undefined): void {
  if (node !== undefined && state.contacts.includes(addresses)) state.contactNodes.set(addresses.join(' '), node)
}

function tellPosition(state: TreeState): void {
  const told = JSON.stringify(positionOf(state))
  if (told === state.positionTold) return
  state.positionTold = told
  state.effects.push({ kind: 'positionChanged' })
}
