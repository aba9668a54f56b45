import type { Role } from '@borgios/peertree'
import type { LeftView } from '@borgios/protocol'

/** As what a node is here now, for people. */
export interface MembershipView {
  readonly role: Role
  /** Why it is a guest, or not quite a member; empty when there is nothing to say. */
  readonly why: string
  readonly todo: string
  /** Unix time: as what it is, it has been since then. */
  readonly sinceMs: number
}

/** What decides as what the node is in the network. */
export interface Membership {
  view(): MembershipView
  /**
   * Ends the membership; resolves when that is final, at once if it was done before. Throws NODE_NO_LEDGER, NODE_GUEST, NODE_FUNDS_SHORT,
   * NODE_PAYMENT_REFUSED, NODE_PAYMENT_OPEN, NODE_STOPPING or the signal's reason.
   */
  leave(signal: AbortSignal): Promise<LeftView>
}
