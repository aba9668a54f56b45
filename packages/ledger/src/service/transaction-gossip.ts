import type { CancelTimer, Clock, Logger, NodeId, Timers } from '@borgios/core'
import { isBorgError, limits, messageOf } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import { LEDGER_TRANSACTIONS } from '@borgios/protocol'
import { batchOf, readBatch } from '../mempool/batch.ts'
import { TransactionIntake } from '../mempool/intake.ts'
import type { Mempool } from '../mempool/mempool.ts'
import { TransactionOutbox } from '../mempool/outbox.ts'

const bounds = limits.ledgerMempool

export interface TransactionGossipModules {
  readonly network: PeerNetwork
  readonly mempool: Mempool
  /** Called after transactions came in. */
  readonly onArrival: () => void
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** Transactions on the tree: batches of this node's users out, everybody else's in. */
export class TransactionGossip {
  readonly #modules: TransactionGossipModules
  readonly #outbox = new TransactionOutbox()
  readonly #intake: TransactionIntake
  readonly #stopListening: () => void
  #cancelSend: CancelTimer | undefined
  #isTakingIn = false

  constructor(modules: TransactionGossipModules) {
    this.#modules = modules
    this.#intake = new TransactionIntake(modules.mempool)
    this.#stopListening = modules.network.onBroadcast(LEDGER_TRANSACTIONS, ({ from, body }) => this.#hear(from, body))
  }

  /** Sends transactions of this node's users to everybody, the first at once, more of them in batches. */
  send(transactions: readonly Uint8Array[]): void {
    for (const transaction of transactions) this.#outbox.push(transaction)
    this.#schedule()
  }

  stop(): void {
    this.#stopListening()
    this.#cancelSend?.()
  }

  #schedule(): void {
    const { clock, network, timers } = this.#modules
    const dueMs = this.#outbox.dueMs(network.members().length)
    if (dueMs === undefined || this.#cancelSend !== undefined) return
    this.#cancelSend = timers.after(Math.max(0, dueMs - clock.monotonicMs()), () => {
      this.#cancelSend = undefined
      const batch = this.#outbox.take(clock.monotonicMs(), network.members().length)
      if (batch.length > 0) this.#broadcast(batch)
      this.#schedule()
    })
  }

  /** A guest, or a tree that is stopping, cannot: whoever watches the transactions sends them again. */
  #broadcast(batch: readonly Uint8Array[]): void {
    const { logger, network } = this.#modules
    try {
      network.broadcast(LEDGER_TRANSACTIONS, { ...batchOf(batch) })
    } catch (error) {
      logger.warn('transactions could not be broadcast', { why: messageOf(error) })
    }
  }

  #hear(from: NodeId, body: Parameters<typeof readBatch>[0]): void {
    const { clock, logger, network } = this.#modules
    if (from === network.self) return
    try {
      this.#intake.offer(from, readBatch(body), clock.monotonicMs())
    } catch (error) {
      if (!isBorgError(error)) throw error
      logger.warn('a node broadcast what are no transactions', { from, code: error.code })
      return
    }
    this.#takeIn()
  }

  /** Some at a time: others get their turn between. */
  #takeIn(): void {
    if (this.#isTakingIn) return
    this.#isTakingIn = true
    setImmediate(() => {
      this.#isTakingIn = false
      const { clock, logger, onArrival } = this.#modules
      for (const { origin, refusal } of this.#intake.advance(bounds.checksPerTurn, clock.monotonicMs())) {
        logger.warn('a node broadcast a transaction that cannot be', { from: origin, reason: refusal.reason })
      }
      onArrival()
      if (this.#intake.waitingBytes > 0) this.#takeIn()
    })
  }
}
