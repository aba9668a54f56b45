import { type Clock, limits, type Timers } from '@borgios/core'
import type { PeerStream, StreamMessage } from '@borgios/peertree'
import { syncTooSlow } from '../errors.ts'

const bounds = limits.ledgerSync

export interface PacedStreamModules {
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * A stream whose other side must keep a pace: each message has its time, and waiting as a whole must be earned by what is handed over. One
 * that does not is aborted. Only time spent waiting counts.
 */
export class PacedStream {
  readonly #stream: PeerStream
  readonly #modules: PacedStreamModules
  #leftMs = bounds.patienceMs

  constructor(stream: PeerStream, modules: PacedStreamModules) {
    this.#stream = stream
    this.#modules = modules
  }

  /** As {@link PeerStream.receive}. Throws LEDGER_SYNC_SLOW too. */
  async receive(): Promise<StreamMessage | undefined> {
    const message = await this.#within(() => this.#stream.receive())
    this.#earn(message?.payload.length ?? 0)
    return message
  }

  /** As {@link PeerStream.send}. Throws LEDGER_SYNC_SLOW too. */
  async send(message: StreamMessage): Promise<void> {
    await this.#within(() => this.#stream.send(message))
    this.#earn(message.payload.length)
  }

  async #within<Value>(call: () => Promise<Value>): Promise<Value> {
    const { clock, timers } = this.#modules
    let isLate = false
    const cancel = timers.after(Math.min(bounds.messageMs, this.#leftMs), () => {
      isLate = true
      this.#stream.abort(new Error('too slow'))
    })
    const sinceMs = clock.monotonicMs()
    try {
      return await call()
    } catch (error) {
      throw isLate ? syncTooSlow() : error
    } finally {
      cancel()
      this.#leftMs = Math.max(0, this.#leftMs - (clock.monotonicMs() - sinceMs))
    }
  }

  #earn(bytes: number): void {
    this.#leftMs += bounds.messageCreditMs + (bytes / bounds.leastBytesPerSecond) * 1_000
  }
}
