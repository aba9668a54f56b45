import { type Clock, limits, type Timers } from '@borgios/core'
import { leaseLost } from './errors.ts'

export interface LeaseModules {
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * What keeps a job going: each side tells the other that it is still there, and aborts the lease after too long a silence. Ends with
 * `end`.
 */
export class Lease {
  readonly #modules: LeaseModules
  readonly #lost = new AbortController()
  readonly #renew: () => void
  #heardMs: number
  #cancel: () => void

  /** `renew` is called every `limits.compute.leaseRenewMs`. */
  constructor(renew: () => void, modules: LeaseModules) {
    this.#modules = modules
    this.#renew = renew
    this.#heardMs = modules.clock.monotonicMs()
    this.#cancel = this.#later()
  }

  /** Aborts when the lease is lost or given up. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** The other side was heard of. */
  heard(): void {
    this.#heardMs = this.#modules.clock.monotonicMs()
  }

  /** Gives it up at once, e.g. when the stream has broken. */
  lose(reason: Error): void {
    this.end()
    this.#lost.abort(reason)
  }

  /** It is not needed any more: no abort follows. */
  end(): void {
    this.#cancel()
  }

  #later(): () => void {
    return this.#modules.timers.after(limits.compute.leaseRenewMs, () => this.#tick())
  }

  #tick(): void {
    const silentMs = this.#modules.clock.monotonicMs() - this.#heardMs
    if (silentMs >= limits.compute.leaseMs) {
      this.lose(leaseLost('the other side of the job has fallen silent'))
      return
    }
    this.#cancel = this.#later()
    this.#renew()
  }
}
