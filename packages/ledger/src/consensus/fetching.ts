import { limits } from '@borgios/core'
import type { BlockRef } from '@borgios/protocol'
import { hashKey, isSameHash } from './candidate.ts'
import type { ConsensusState } from './consensus-state.ts'

const bounds = limits.ledgerConsensus

/** Asks for a body, unless so many are under way that it has to wait for its turn. */
export function want(state: ConsensusState, block: BlockRef): void {
  const key = hashKey(block.hash)
  if (state.fetches.has(key) || state.fetches.size >= bounds.fetchesAtOnce) return
  state.fetches.set(key, { block, attempt: 0, nextMs: state.nowMs })
}

export const isWantedBlock = (state: ConsensusState, hash: Uint8Array): boolean => state.fetches.has(hashKey(hash))

/** Asks, and asks again with growing pauses. Each attempt may turn to another holder. */
export function advanceFetches(state: ConsensusState): void {
  for (const [key, fetch] of state.fetches) {
    if (fetch.block.slot <= state.final.slot) {
      state.fetches.delete(key)
      continue
    }
    if (fetch.nextMs > state.nowMs) continue
    const { block, attempt } = fetch
    state.effects.push({ kind: 'fetch', block, holders: holdersOf(state, block), attempt })
    fetch.attempt += 1
    fetch.nextMs = state.nowMs + Math.min(bounds.maxFetchRetryMs, bounds.fetchRetryMs * 2 ** Math.min(attempt, 16))
  }
}

/** Who notarised a block had it. */
function holdersOf(state: ConsensusState, { slot, hash }: BlockRef): readonly number[] {
  const known = state.slots.get(slot)
  const certificate = known?.certificates.final ?? known?.certificates.notar
  if (certificate !== undefined && isSameHash(certificate.block, hash))
    return certificate.votes.map(({ voter }) => voter)
  return []
}
