import { limits, messageOf, type NodeId } from '@borgios/core'
import type { PutOutcome } from '@borgios/protocol'
import { restarted, stopped } from '../errors.ts'
import type { Coding, PutOptions, PutResult } from '../file-store.ts'
import type { LeaseHold, StorageLeases } from '../storage-leases.ts'
import { Gate } from '../transfer/gate.ts'
import { assertPossible, putFile } from './put-file.ts'
import { newTicket, type PutTicket } from './put-ticket.ts'
import type { StoreContext } from './store-context.ts'

/** A put under way and what was set aside for it. */
interface Paid {
  readonly ticket: PutTicket
  hold: LeaseHold | undefined
}

/** The puts of this node, each until it is paid for or refunded and those who were given its shards know how it ended. */
export class RunningPuts {
  readonly #context: StoreContext
  readonly #leases: StorageLeases
  readonly #running = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()

  constructor(context: StoreContext, leases: StorageLeases) {
    this.#context = context
    this.#leases = leases
  }

  /** Refunds puts that ended with an earlier process. */
  start(): void {
    const refund = async (): Promise<void> => {
      await Promise.all((await this.#leases.left()).map((hold) => this.#refund(hold, restarted())))
    }
    this.#follow(refund().catch((error) => this.#warn('it is not known which puts are to be refunded', error)))
  }

  /**
   * Stores a file, if it can be paid for; it is stored once it is paid for. How it ended is told in the background: best effort, a few
   * times.
   */
  put(source: AsyncIterable<Uint8Array>, coding: Coding, options: PutOptions): Promise<PutResult> {
    const signals = [this.#stopping.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const ticket = newTicket(this.#context.random, AbortSignal.any(signals))
    const paid: Paid = { ticket, hold: undefined }
    const put = this.#run(source, coding, options, paid)
    const failed = async (error: unknown): Promise<void> => {
      const refunded = paid.hold === undefined ? undefined : this.#refund(paid.hold, error)
      await Promise.all([this.#settle(ticket, 'discard'), refunded])
    }
    this.#follow(put.then(() => this.#settle(ticket, 'keep'), failed))
    return put
  }

  async #run(source: AsyncIterable<Uint8Array>, coding: Coding, options: PutOptions, paid: Paid): Promise<PutResult> {
    const { ticket } = paid
    assertPossible(this.#context, coding, options)
    const keepForMs = options.keepForMs ?? limits.store.defaultLeaseMs
    const wish = { put: ticket.put, bytes: options.totalBytes, coding, keepForMs }
    const hold = await (options.leases ?? this.#leases).hold(wish, ticket.signal)
    paid.hold = hold
    ticket.onStored = (receipt) => hold.stored(receipt)
    const result = await putFile(this.#context, source, { coding, options, ticket, maxBytes: hold.maxBytes })
    await hold.settle()
    return result
  }

  #follow(work: Promise<unknown>): void {
    this.#running.add(work)
    work.finally(() => this.#running.delete(work))
  }

  /** Never throws. */
  async #refund(hold: LeaseHold, reason: unknown): Promise<void> {
    try {
      await hold.refund(reason instanceof Error ? reason : new Error(String(reason)))
    } catch (error) {
      this.#warn('what was set aside for a put could not be refunded', error)
    }
  }

  #warn(what: string, error: unknown): void {
    this.#context.logger.warn(what, { why: messageOf(error) })
  }

  /** Gives up what is under way with STORE_STOPPED. Resolves when it was taken back, at the latest after `limits.store.stopPutsMs`. */
  async stop(): Promise<void> {
    this.#stopping.abort(stopped())
    const inTime = new AbortController()
    const late = this.#context.timers.sleep(limits.store.stopPutsMs, inTime.signal).catch(() => undefined)
    await Promise.race([Promise.all(this.#running), late])
    inTime.abort()
  }

  async #settle({ put, given }: PutTicket, outcome: PutOutcome): Promise<void> {
    const gate = new Gate(limits.store.membersAsked)
    await Promise.all([...given].map((node) => gate.with(() => this.#tell(node, put, outcome))))
  }

  /** Never throws. */
  async #tell(node: NodeId, put: PutTicket['put'], outcome: PutOutcome): Promise<void> {
    const { holders, failedNodes, timers, logger } = this.#context
    for (let triesLeft = limits.store.settleTries; triesLeft > 0 && !this.#isLate(triesLeft); triesLeft -= 1) {
      try {
        await holders.settle(node, put, outcome)
        // If it was full it has room again.
        if (outcome === 'discard') failedNodes.forgive(node)
        return
      } catch (error) {
        logger.info('a node was not told how a put ended', { node, outcome, why: messageOf(error) })
        await timers.sleep(limits.store.settleRetryMs, this.#stopping.signal).catch(() => undefined)
      }
    }
  }

  /** A store that stops tells everyone once. */
  #isLate(triesLeft: number): boolean {
    return this.#stopping.signal.aborted && triesLeft < limits.store.settleTries
  }
}
