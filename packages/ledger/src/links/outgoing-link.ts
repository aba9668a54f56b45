import { type Logger, limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { encodeFrames, type Frame, frameBytes } from './frames.ts'

const bounds = limits.ledgerLinks

/** Bulk streams over which validators vote. Frames go one way: each side opens its own. */
export const CONSENSUS_PROTOCOL = 'ledger.consensus.1'

export interface OutgoingLinkModules {
  readonly network: PeerNetwork
  readonly timers: Timers
  readonly logger: Logger
}

/**
 * Frames on their way to one validator, in order, over a stream that is opened again when it breaks. While the validator cannot be
 * reached the oldest give way to the newest: consensus says again what still matters.
 */
export class OutgoingLink {
  readonly #node: NodeId
  readonly #modules: OutgoingLinkModules
  readonly #stopped = new AbortController()
  #waiting: Frame[] = []
  #waitingBytes = 0
  #stream: PeerStream | undefined
  #isPumping = false
  /** Between two streams: a validator that ends each of them is not asked without pause. */
  #pause: Promise<unknown> = Promise.resolve()

  constructor(node: NodeId, modules: OutgoingLinkModules) {
    this.#node = node
    this.#modules = modules
  }

  send(frame: Frame): void {
    if (this.#stopped.signal.aborted) return
    this.#waiting.push(frame)
    this.#waitingBytes += frameBytes(frame)
    this.#forgetOldest()
    if (this.#isPumping) return
    this.#isPumping = true
    this.#pump().catch((error) => this.#modules.logger.error('a link to a validator failed', { why: messageOf(error) }))
  }

  stop(): void {
    this.#stopped.abort()
    this.#waiting = []
    this.#waitingBytes = 0
    this.#stream?.abort(new Error('the link is closed'))
  }

  async #pump(): Promise<void> {
    try {
      // What is said in one turn of the event loop goes as one message.
      await Promise.resolve()
      await this.#sendWaiting()
    } finally {
      this.#isPumping = false
    }
  }

  async #sendWaiting(): Promise<void> {
    let failures = 0
    while (this.#waiting.length > 0 && !this.#stopped.signal.aborted) {
      let message: readonly Frame[] = []
      try {
        this.#stream ??= await this.#open()
        message = this.#takeMessage()
        await this.#stream.send({ header: null, payload: encodeFrames(message) })
        failures = 0
      } catch (error) {
        this.#stream = undefined
        this.#putBack(message)
        failures += 1
        this.#modules.logger.debug('a validator cannot be reached', { node: this.#node, why: messageOf(error) })
        const waitMs = Math.min(bounds.maxReopenMs, bounds.reopenMs * 2 ** (failures - 1))
        await this.#modules.timers.sleep(waitMs, this.#stopped.signal).catch(() => undefined)
      }
    }
  }

  async #open(): Promise<PeerStream> {
    const { timers } = this.#modules
    await this.#pause
    this.#pause = timers.sleep(bounds.reopenMs, this.#stopped.signal).catch(() => undefined)
    const stream = await this.#modules.network.openStream(this.#node, CONSENSUS_PROTOCOL, this.#stopped.signal)
    // Nothing comes back but the end.
    stream.receive().then(
      () => this.#forget(stream),
      () => this.#forget(stream),
    )
    return stream
  }

  #forget(stream: PeerStream): void {
    if (this.#stream === stream) this.#stream = undefined
    stream.abort(new Error('the validator ended the stream'))
  }

  #takeMessage(): readonly Frame[] {
    const message: Frame[] = []
    let bytes = 0
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || message.length === bounds.maxFramesPerMessage) return message
      bytes += frameBytes(next)
      if (message.length > 0 && bytes > limits.peertree.maxStreamPayloadBytes) return message
      message.push(next)
      this.#take()
    }
  }

  #putBack(message: readonly Frame[]): void {
    this.#waiting.unshift(...message)
    for (const frame of message) this.#waitingBytes += frameBytes(frame)
    this.#forgetOldest()
  }

  #forgetOldest(): void {
    while (this.#waitingBytes > bounds.maxOutboxBytes || this.#waiting.length > bounds.maxOutboxFrames) this.#take()
  }

  #take(): void {
    const frame = this.#waiting.shift()
    if (frame !== undefined) this.#waitingBytes -= frameBytes(frame)
  }
}
