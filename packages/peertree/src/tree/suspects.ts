import { limits, type NodeId } from '@borgios/core'
import { declareDown } from '../directory/gossip.ts'
import { censusOf } from './census.ts'
import { question } from './merge.ts'
import { contactOf, dial } from './sessions.ts'
import { isMember, isRoot, type Suspect, type TreeState } from './tree-state.ts'

const bounds = limits.tree

/**
 * How often in a row a suspect must fail to answer. Who was seen to go has failed once already; who is only missing from the tree may
 * be healing, and a busy machine may not take one dial in time.
 */
const CHECKS = { lost: 1, missing: 2 } as const satisfies Record<Suspect['why'], number>

/** A tree neighbour is gone without a farewell: unless it answers, it will be declared down, by one of those who saw it go. */
export function suspectLost(state: TreeState, node: NodeId): void {
  suspect(state, node, 'lost', bounds.noticeJitterMs / 2 + state.options.random.below(bounds.noticeJitterMs))
}

function suspect(state: TreeState, node: NodeId, why: Suspect['why'], waitMs: number): void {
  const entry = state.directory.get(node)
  if (!isMember(state) || entry === undefined || entry.notice !== undefined) return
  const dueMs = state.nowMs + waitMs
  const { sequence } = entry.record
  state.suspects.set(node, { why, sequence, dueMs, failures: 0, checkEndsMs: undefined })
}

/** Checks whoever is under suspicion by asking it directly, and declares down who does not answer. */
export function advanceSuspects(state: TreeState): void {
  noteMissing(state)
  let checks = [...state.suspects.values()].filter((one) => one.checkEndsMs !== undefined).length
  for (const [node, one] of state.suspects) {
    const entry = state.directory.get(node)
    if (entry?.record.sequence !== one.sequence || entry.notice !== undefined) {
      state.suspects.delete(node)
      continue
    }
    if (one.checkEndsMs !== undefined && one.checkEndsMs <= state.nowMs) failCheck(one)
    if (one.failures >= CHECKS[one.why]) {
      if (one.dueMs > state.nowMs) continue
      state.suspects.delete(node)
      declareDown(state, node)
    } else if (one.checkEndsMs !== undefined) {
      if (state.sessions.has(node)) question(state, node)
    } else if (checks < bounds.checksAtOnce && (one.why === 'lost' || one.dueMs <= state.nowMs)) {
      checks += 1
      check(state, node, one)
    }
  }
}

/** The root suspects whoever is nowhere in its tree: a node and all who would have seen it go may die together. */
function noteMissing(state: TreeState): void {
  const present = isRoot(state) ? censusOf(state) : undefined
  for (const [node, { why }] of state.suspects) {
    if (why === 'missing' && (present === undefined || present.has(node))) state.suspects.delete(node)
  }
  if (present === undefined) return
  for (const { record } of state.directory.entries()) {
    const { node } = record
    if (!present.has(node) && !state.suspects.has(node)) suspect(state, node, 'missing', bounds.missingMs)
  }
}

/** Asks over the session there is, or dials: a dead process refuses at once, a frozen one or a dark machine lets time run out. */
function check(state: TreeState, node: NodeId, one: Suspect): void {
  one.checkEndsMs = state.nowMs + bounds.dialTimeoutMs
  const { addresses } = contactOf(state, node)
  if (state.sessions.has(node)) question(state, node)
  else if (addresses.length > 0) {
    // A slow answer may still come in the time of the next check, but no dial outlives the judgement.
    const withinMs = bounds.dialTimeoutMs * (CHECKS[one.why] - one.failures)
    dial(state, { kind: 'check', node, suspect: one }, node, addresses, withinMs)
  } else failCheck(one)
}

/** It did not answer a check: its time is over, or the dial failed. */
export function failCheck(one: Suspect): void {
  one.failures += 1
  one.checkEndsMs = undefined
}
