import { type Clock, limits, type NodeId } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import { isLedgerFinal, LEDGER_FINAL } from '@borgios/protocol'

const bounds = limits.ledgerSync

export interface AnnouncementsModules {
  readonly network: PeerNetwork
  readonly clock: Clock
  /** A node says that this height is final there. */
  readonly onHeard: (from: NodeId, height: number) => void
}

/** How those who are not in the committee learn that there is something to follow: leaders say so over the tree, now and then. */
export class Announcements {
  readonly #modules: AnnouncementsModules
  readonly #stopListening: () => void
  #saidMs = Number.NEGATIVE_INFINITY

  constructor(modules: AnnouncementsModules) {
    this.#modules = modules
    const { network, onHeard } = modules
    this.#stopListening = network.onBroadcast(LEDGER_FINAL, ({ from, body }) => {
      if (from !== network.self && isLedgerFinal(body)) onHeard(from, body.height)
    })
  }

  /** A block that this node led is final. */
  say(height: number): void {
    const { clock, network } = this.#modules
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#saidMs < bounds.announcePauseMs) return
    this.#saidMs = nowMs
    try {
      network.broadcast(LEDGER_FINAL, { height })
    } catch {
      // A tree that is stopping cannot; the next leader says it.
    }
  }

  stop(): void {
    this.#stopListening()
  }
}
