import { type CancelTimer, type Clock, limits, type NodeId, type Timers } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import { isLedgerFinal, LEDGER_FINAL } from '@borgios/protocol'

const bounds = limits.ledgerSync

export interface AnnouncementsModules {
  readonly network: PeerNetwork
  readonly clock: Clock
  readonly timers: Timers
  /** A node says that this height is final there. */
  readonly onHeard: (from: NodeId, height: number) => void
}

/**
 * How those who are not in the committee learn that there is something to follow: leaders say so over the tree, now and then, and always
 * of their last block, which may be the one that puts who hears it into the next committee.
 */
export class Announcements {
  readonly #modules: AnnouncementsModules
  readonly #stopListening: () => void
  #height = 0
  #saidMs = Number.NEGATIVE_INFINITY
  #cancelSaying: CancelTimer | undefined

  constructor(modules: AnnouncementsModules) {
    this.#modules = modules
    const { network, onHeard } = modules
    this.#stopListening = network.onBroadcast(LEDGER_FINAL, ({ from, body }) => {
      if (from !== network.self && isLedgerFinal(body)) onHeard(from, body.height)
    })
  }

  /** A block that this node led is final: it is said now, or when the pause since the last one is over. */
  say(height: number): void {
    this.#height = height
    if (this.#cancelSaying !== undefined) return
    const { clock, timers } = this.#modules
    const pauseMs = this.#saidMs + bounds.announcePauseMs - clock.monotonicMs()
    if (pauseMs > 0) this.#cancelSaying = timers.after(pauseMs, () => this.#broadcast())
    else this.#broadcast()
  }

  stop(): void {
    this.#stopListening()
    this.#cancelSaying?.()
  }

  #broadcast(): void {
    const { clock, network } = this.#modules
    this.#cancelSaying = undefined
    this.#saidMs = clock.monotonicMs()
    try {
      network.broadcast(LEDGER_FINAL, { height: this.#height })
    } catch {
      // A tree that is stopping cannot. Who hears nothing asks by itself.
    }
  }
}
