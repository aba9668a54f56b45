import { limits, type NodeId } from '@borgios/core'
import type { Certificate } from '@borgios/protocol'
import { type ConsensusState, epochOf, type Lag } from './consensus-state.ts'

const bounds = limits.ledgerConsensus

function lagOf(state: ConsensusState, afterMs: number): Lag {
  state.lag ??= { certificate: undefined, peers: new Set(), attempt: 0, nextMs: state.nowMs + afterMs }
  return state.lag
}

/** A final certificate too far ahead to fetch what leads there block by block. The newest is remembered. */
export function noteFarFinal(state: ConsensusState, certificate: Certificate): void {
  const lag = lagOf(state, 0)
  if (certificate.slot > (lag.certificate?.slot ?? -1)) lag.certificate = certificate
}

/** A peer claims to be in a later epoch. Soon we should be there too; else we ask for it. */
export function notePeerAhead(state: ConsensusState, peer: NodeId, epoch: number): void {
  if (epoch <= epochOf(state)) return
  const { peers } = lagOf(state, bounds.lagGraceMs)
  if (peers.size < bounds.lagPeers) peers.add(peer)
}

/** Asks the shell to catch up, again and again with growing pauses. A mere claim is forgotten once it was acted on. */
export function advanceLag(state: ConsensusState): void {
  const { lag } = state
  if (lag === undefined || lag.nextMs > state.nowMs) return
  if (lag.certificate === undefined && lag.peers.size === 0) {
    state.lag = undefined
    return
  }
  const { certificate, peers } = lag
  state.effects.push({ kind: 'catchUp', fromHeight: state.final.height + 1, certificate, peers: [...peers] })
  peers.clear()
  lag.nextMs = state.nowMs + Math.min(bounds.maxCatchUpRetryMs, bounds.catchUpRetryMs * 2 ** Math.min(lag.attempt, 16))
  lag.attempt += 1
}

/** The chain moved on: what it reached is no lag any more, and what is left is asked for at once. */
export function clearLag(state: ConsensusState): void {
  const { lag } = state
  if (lag?.certificate === undefined) return
  if (lag.certificate.slot <= state.final.slot) {
    lag.certificate = undefined
    if (lag.peers.size === 0) state.lag = undefined
  } else {
    lag.attempt = 0
    lag.nextMs = state.nowMs
  }
}
