import { limits, type NodeId } from '@borgios/core'

export interface SessionFacts {
  readonly direction: 'inbound' | 'outbound'
  readonly ageMs: number
}

/**
 * Which of two sessions of one pair stays. Both nodes decide alike without asking:
 *
 * - A session that has stood for a while loses: nobody dials a peer it holds a session with, so the peer has lost it.
 * - Of two that dialed each other at the same moment, the node with the lower id keeps the one it had first, and the other node
 *   keeps the one it dialed itself: that one was answered, so the lower node chose it. While it was not, it is not here yet.
 * - Two dialed by the same side: the later one, for the same reason as the first rule.
 */
export function survivor(self: NodeId, peer: NodeId, old: SessionFacts, young: SessionFacts): 'old' | 'young' {
  if (old.ageMs > limits.peertree.sessionCrossingMs) return 'young'
  if (old.direction === young.direction) return 'young'
  if (self < peer) return 'old'
  return old.direction === 'outbound' ? 'old' : 'young'
}
