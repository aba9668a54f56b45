import { limits, messageOf, type NodeId } from '@borgios/core'
import type { PutOutcome } from '@borgios/protocol'
import { stopped } from '../errors.ts'
import type { Coding, PutOptions, PutResult } from '../file-store.ts'
import { Gate } from '../transfer/gate.ts'
import { putFile } from './put-file.ts'
import { newTicket, type PutTicket } from './put-ticket.ts'
import type { StoreContext } from './store-context.ts'

/** The puts of this node, each until those who were given its shards know how it ended. */
export class RunningPuts {
  readonly #context: StoreContext
  readonly #running = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** Stores a file. How it ended is told in the background: best effort, a few times. */
  put(source: AsyncIterable<Uint8Array>, coding: Coding, options: PutOptions): Promise<PutResult> {
    const signals = [this.#stopping.signal, ...(options.signal === undefined ? [] : [options.signal])]
    const ticket = newTicket(this.#context.random, AbortSignal.any(signals))
    const put = putFile(this.#context, source, { coding, options, ticket })
    const settled = put.then(
      () => this.#settle(ticket, 'keep'),
      () => this.#settle(ticket, 'discard'),
    )
    this.#running.add(settled)
    settled.finally(() => this.#running.delete(settled))
    return put
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
