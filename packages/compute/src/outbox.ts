import type { JsonValue } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'

const NO_BYTES = new Uint8Array(0)

/** Sends messages down a stream one after the other, whoever calls. */
export class Outbox<Header extends JsonValue> {
  readonly #stream: PeerStream
  #last: Promise<void> = Promise.resolve()
  #pending = 0

  constructor(stream: PeerStream) {
    this.#stream = stream
  }

  /** Resolves when more may be sent; rejects once the stream is closed. */
  async send(header: Header, payload: Uint8Array = NO_BYTES): Promise<void> {
    this.#pending += 1
    const sent = this.#last.then(() => this.#stream.send({ header, payload }))
    this.#last = sent.catch(() => {})
    try {
      await sent
    } finally {
      this.#pending -= 1
    }
  }

  /** For signs of life: whatever is on its way already is one. */
  async sendIfIdle(header: Header): Promise<void> {
    if (this.#pending === 0) await this.send(header)
  }
}
