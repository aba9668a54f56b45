import type { PeerStream } from '@borgios/peertree'
import type { ExecutorMessage } from '@borgios/protocol'

const NO_BYTES = new Uint8Array(0)

/** Sends messages to the requester one after the other. */
export class Outbox {
  readonly #stream: PeerStream
  #last: Promise<void> = Promise.resolve()
  #pending = 0
  #logSequence = 0

  constructor(stream: PeerStream) {
    this.#stream = stream
  }

  /** Resolves when more may be sent; rejects once the stream is closed. */
  async send(header: ExecutorMessage, payload: Uint8Array = NO_BYTES): Promise<void> {
    this.#pending += 1
    const sent = this.#last.then(() => this.#stream.send({ header, payload }))
    this.#last = sent.catch(() => {})
    try {
      await sent
    } finally {
      this.#pending -= 1
    }
  }

  async log(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const sequence = this.#logSequence++
    await this.send({ type: 'log', sequence, stream }, bytes)
  }

  /** A sign of life, unless something is on its way already. */
  async alive(): Promise<void> {
    if (this.#pending === 0) await this.send({ type: 'alive' })
  }
}
