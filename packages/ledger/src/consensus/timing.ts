import { limits } from '@borgios/core'
import { type ConsensusState, heldBlock, leaderOf, mayVote, newestNotarised } from './consensus-state.ts'

const bounds = limits.ledgerConsensus

/**
 * When the current slot's leader should propose: at once if anything waits, but not at once again if the block before was empty all the
 * same; after `settleMs` if a notarised block still is not final, since
 * a child helps it; else after `idleMs`. Transactions cannot enter once the epoch's last block is there.
 */
export function readyMs(state: ConsensusState): number {
  const { timing } = state.options
  const newest = newestNotarised(state)
  const above = heldBlock(state, newest)?.candidate
  const isAtEnd = above !== undefined && (above.isLast || above.isFiller)
  if (state.workSinceMs !== undefined && !isAtEnd) {
    const isEmpty = newest.slot > state.final.slot ? above?.isEmpty : state.final.isEmpty
    return Math.max(state.enteredMs + (isEmpty === true ? bounds.emptyPauseMs : 0), state.workSinceMs)
  }
  return state.enteredMs + (newest.slot > state.final.slot ? timing.settleMs : timing.idleMs)
}

/**
 * When the current slot's time runs out. The more slots without a final block, the longer; a leader whose last turn was skipped gets a
 * part only, but the whole again at every so manieth turn, so that one who was slow once is not shut out for good.
 */
export function skipDeadlineMs(state: ConsensusState): number {
  const { skipMs, skipGrowth, maxSkipMs } = state.options.timing
  const missed = state.missedTurns[leaderOf(state, state.current)] ?? 0
  const share = missed % bounds.fullTurnEvery === 0 ? 1 : bounds.missedLeaderShare
  const slots = state.current - state.final.slot - 1
  return readyMs(state) + Math.min(maxSkipMs, skipMs * skipGrowth ** slots * share)
}

/** When a node that got nowhere says where it stands. */
export function statusDueMs(state: ConsensusState): number {
  const { standstillMs } = state.options.timing
  return Math.max(state.progressMs + standstillMs, readyMs(state) + standstillMs, state.statusMs + standstillMs)
}

/** Tells the shell when the next thing falls due, if that changed. */
export function tellWake(state: ConsensusState): void {
  const atMs = nextDueMs(state)
  if (atMs === state.wakeMs) return
  state.wakeMs = atMs
  state.effects.push({ kind: 'wake', atMs })
}

function nextDueMs(state: ConsensusState): number | undefined {
  if (!state.isStarted || state.hasDiverged) return undefined
  const dues: number[] = [...state.fetches.values()].map(({ nextMs }) => nextMs)
  if (state.lag !== undefined) dues.push(state.lag.nextMs)
  if (!state.isOver) {
    dues.push(statusDueMs(state))
    const slot = state.slots.get(state.current)
    if (mayVote(state)) {
      if (slot?.own.skip !== true && slot?.own.final === undefined) dues.push(skipDeadlineMs(state))
      const isMine = leaderOf(state, state.current) === state.options.self
      if (isMine && (slot?.proposal ?? 'none') === 'none') dues.push(readyMs(state))
    }
  }
  const later = dues.filter((dueMs) => dueMs > state.nowMs)
  return later.length === 0 ? undefined : Math.min(...later)
}
