import type { Caller, PeerStream, StreamMessage } from '../peer-network.ts'
import { streamClosed } from './memory-errors.ts'

/** Messages one side may send ahead of the other's receiving. */
const WINDOW_MESSAGES = 2

/** One direction of a stream: a queue with a bound, whose ends wait for each other. */
class Pipe {
  readonly #queue: StreamMessage[] = []
  #ended = false
  #failure: Error | undefined
  #wake: (() => void)[] = []

  async push(message: StreamMessage): Promise<void> {
    while (this.#queue.length >= WINDOW_MESSAGES && this.#failure === undefined) await this.#change()
    if (this.#failure !== undefined) throw this.#failure
    this.#queue.push({ header: structuredClone(message.header), payload: Uint8Array.from(message.payload) })
    this.#changed()
  }

  async shift(): Promise<StreamMessage | undefined> {
    while (this.#queue.length === 0 && !this.#ended && this.#failure === undefined) await this.#change()
    if (this.#failure !== undefined) throw this.#failure
    const message = this.#queue.shift()
    this.#changed()
    return message
  }

  end(): void {
    this.#ended = true
    this.#changed()
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#changed()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  #changed(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }
}

export interface MemoryStreamPair {
  readonly dialer: PeerStream
  readonly acceptor: PeerStream
  /** As if the connection broke. */
  cut(): void
}

/** Two ends of a stream inside one process. */
export function createMemoryStreamPair(dialer: Caller, acceptor: Caller): MemoryStreamPair {
  const there = new Pipe()
  const back = new Pipe()
  const cut = (reason?: Error): void => {
    there.fail(streamClosed(acceptor.node, reason))
    back.fail(streamClosed(dialer.node, reason))
  }
  const end = (remote: Caller, out: Pipe, incoming: Pipe): PeerStream => ({
    remote,
    send: (message) => out.push(message),
    receive: () => incoming.shift(),
    end: async () => out.end(),
    abort: (reason) => cut(reason),
  })
  return { dialer: end(acceptor, there, back), acceptor: end(dialer, back, there), cut }
}
