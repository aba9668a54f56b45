import { type JobId, limits, type Timers } from '@borgios/core'
import { allBusy, queueFull } from '../errors.ts'
import { emptySlots, type SlotEvent, type SlotState, stepSlots } from './slot-queue.ts'

interface Waiter {
  readonly start: () => void
  readonly wait: (ahead: number) => void
  readonly refuse: () => void
}

/** Lets as many jobs run as there are slots; the next ones wait their turn. */
export class SlotGate {
  readonly #timers: Timers
  readonly #waiters = new Map<string, Waiter>()
  #state: SlotState

  constructor(slots: number, timers: Timers) {
    this.#timers = timers
    this.#state = emptySlots(slots, limits.compute.maxQueuedJobs)
  }

  get state(): SlotState {
    return this.#state
  }

  /**
   * Resolves when the job has a slot. Throws COMPUTE_QUEUE_FULL, COMPUTE_ALL_BUSY after `limits.compute.queueWaitMs`, or the
   * signal's reason. Either way `leave` is to be called when the job is over.
   */
  async enter(job: JobId, onWait: (ahead: number) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const cancel = this.#timers.after(limits.compute.queueWaitMs, () => {
      reject(allBusy('no slot came free in time: try another node or try again later'))
    })
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const refuse = (): void => reject(queueFull('this node has no slot and no place in its queue left'))
    this.#waiters.set(job, { start: resolve, wait: onWait, refuse })
    this.#step({ kind: 'arrived', job })
    try {
      await promise
    } finally {
      cancel()
      signal.removeEventListener('abort', onAbort)
      this.#waiters.delete(job)
    }
  }

  /** Gives the slot, or the place in the queue, to the next one. Harmless if the job has none. */
  leave(job: JobId): void {
    this.#step({ kind: 'left', job })
  }

  #step(event: SlotEvent): void {
    const { state, effects } = stepSlots(this.#state, event)
    this.#state = state
    for (const effect of effects) {
      const waiter = this.#waiters.get(effect.job)
      if (effect.kind === 'start') waiter?.start()
      else if (effect.kind === 'wait') waiter?.wait(effect.ahead)
      else waiter?.refuse()
    }
  }
}
