import { assert, limits } from '@borgios/core'
import type { Vote } from '@borgios/protocol'
import { isRooted, onExecuted } from './blocks.ts'
import { advanceLag, notePeerAhead } from './catching-up.ts'
import { addVote } from './certificates.ts'
import { setFinal, tryCommit } from './committing.ts'
import type { ConsensusEffect, ConsensusEvent } from './consensus-io.ts'
import { type ConsensusState, createState, epochOf, leaderOf } from './consensus-state.ts'
import { checkOwnShare } from './evidence.ts'
import { advanceFetches } from './fetching.ts'
import { onProposed, tryPropose } from './proposing.ts'
import { receive } from './receiving.ts'
import { dropVotes, isEnded, notarisedIn } from './slot.ts'
import { advanceStatus, sendStatus } from './standstill.ts'
import { tellWake } from './timing.ts'
import { advanceVotes } from './voting.ts'

const bounds = limits.ledgerConsensus

/**
 * Simplex: takes one event, changes the state in place and returns what the shell shall do, in this order. No I/O, no clock, no signatures,
 * no randomness: the same options, events and moments give the same effects. `nowMs` never goes back; only its differences count. The rules
 * and why they hold: docs/adr/0050.
 */
export function step(state: ConsensusState, event: ConsensusEvent, nowMs: number): readonly ConsensusEffect[] {
  state.nowMs = nowMs
  if (state.hasDiverged) return []
  handle(state, event)
  if (state.isStarted) advance(state)
  tellWake(state)
  const { effects } = state
  state.effects = []
  return effects
}

function handle(state: ConsensusState, event: ConsensusEvent): void {
  switch (event.kind) {
    case 'start':
      start(state)
      break
    case 'tick':
      // The shell's timer is used up, even if it was a little early.
      state.wakeMs = undefined
      break
    case 'work':
      if (!event.isWaiting) state.workSinceMs = undefined
      else state.workSinceMs ??= state.nowMs
      break
    case 'received':
      receive(state, event.from, event.message)
      break
    case 'peerAhead':
      notePeerAhead(state, event.from, event.epoch)
      break
    case 'voted':
      onVoted(state, event.vote)
      break
    case 'proposed':
      onProposed(state, event.candidate)
      break
    case 'executed':
      onExecuted(state, event.block, event.isOk)
      break
    case 'caughtUp':
      onCaughtUp(state, event)
      break
    case 'epochBegan':
      onEpochBegan(state, event)
  }
}

function start(state: ConsensusState): void {
  state.isStarted = true
  state.enteredMs = state.nowMs
  state.progressMs = state.nowMs
  sendStatus(state)
}

/** A vote of ours may be said and counted only now that it is durable. */
function onVoted(state: ConsensusState, vote: Vote): void {
  if (vote.epoch !== epochOf(state) || vote.slot <= state.final.slot) return
  addVote(state, vote)
  state.effects.push({ kind: 'send', to: 'all', message: { kind: 'vote', vote } })
}

function onCaughtUp(state: ConsensusState, event: Extract<ConsensusEvent, { kind: 'caughtUp' }>): void {
  const { final, certificate, isLast } = event
  if (certificate.epoch !== epochOf(state) || certificate.slot <= state.final.slot) return
  assert(isLast || certificate.slot === final.slot, 'a certificate is about the block, or about a filler above it')
  checkOwnShare(state, certificate, state.slots.get(certificate.slot)?.own.final !== undefined)
  setFinal(state, { ...final, slot: certificate.slot }, certificate, isLast)
}

function onEpochBegan(state: ConsensusState, event: Extract<ConsensusEvent, { kind: 'epochBegan' }>): void {
  const { nowMs, effects, isStarted, workSinceMs, finalCertificate, spokenEpoch } = state
  const { epoch } = event.options.committee
  if (epoch <= epochOf(state)) return
  const fresh = createState(event.options, event.final, event.certificate)
  const isMuted = epoch <= spokenEpoch
  Object.assign(state, fresh, { nowMs, effects, workSinceMs, spokenEpoch, isMuted, previousFinal: finalCertificate })
  if (isStarted) start(state)
}

/** Whatever the rules ask for now. */
function advance(state: ConsensusState): void {
  if (state.lag?.certificate === undefined) fetchNotarised(state)
  tryCommit(state)
  if (state.hasDiverged) return
  advanceCurrent(state)
  advanceVotes(state)
  tryPropose(state)
  advanceFetches(state)
  advanceLag(state)
  advanceStatus(state)
}

/** Bodies of what a quorum notarised, and of their ancestors. Not while far behind: the bulk brings them. */
function fetchNotarised(state: ConsensusState): void {
  for (const slot of state.slots.values()) {
    const notarised = slot.number > state.final.slot ? notarisedIn(slot) : undefined
    if (notarised !== undefined) isRooted(state, notarised)
  }
}

/** The current slot is the least above the final one that no certificate has ended. */
function advanceCurrent(state: ConsensusState): void {
  const before = state.current
  state.current = Math.max(state.current, state.final.slot + 1)
  for (;;) {
    const slot = state.slots.get(state.current)
    if (slot === undefined || !isEnded(slot)) break
    const leader = leaderOf(state, slot.number)
    state.missedTurns[leader] = notarisedIn(slot) === undefined ? (state.missedTurns[leader] ?? 0) + 1 : 0
    state.current += 1
    const old = state.slots.get(state.current - bounds.votesKeptSlots - 1)
    if (old !== undefined) dropVotes(old)
  }
  if (state.current === before) return
  state.enteredMs = state.nowMs
  state.progressMs = state.nowMs
}
