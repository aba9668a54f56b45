import { limits, type NodeId } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { PacedStream, type PacedStreamModules } from './paced-stream.ts'

export interface StreamDeskModules extends PacedStreamModules {
  readonly network: Pick<PeerNetwork, 'handleStream'>
}

export interface StreamDeskOptions {
  readonly protocol: string
  /** Whether guests may ask, too. */
  readonly openToGuests?: boolean
  readonly answeredAtOnce: number
  /** Answers what the header of a question says. False: there is no further question on this stream. What it throws ends the stream. */
  answer(stream: PacedStream, question: unknown, from: NodeId): Promise<boolean>
}

/**
 * Answers questions that come over streams, one stream for each peer. Only an answer under way takes one of the places, so that who asks nothing
 * is in nobody's way: streams that wait for their next question have a bound of their own, by which the oldest gives way, and the time of {@link PacedStream}.
 */
export class StreamDesk {
  readonly #options: StreamDeskOptions
  readonly #modules: StreamDeskModules
  readonly #streams = new Map<NodeId, PeerStream>()
  /** Those without a question, the oldest first. */
  readonly #idle = new Set<PeerStream>()
  #answering = 0

  constructor(options: StreamDeskOptions, modules: StreamDeskModules) {
    this.#options = options
    this.#modules = modules
    const { protocol, openToGuests = false } = options
    modules.network.handleStream(protocol, (stream) => this.#serve(stream), { openToGuests })
  }

  async #serve(stream: PeerStream): Promise<void> {
    const { node } = stream.remote
    // Who comes again has lost the one before.
    this.#streams.get(node)?.abort(new Error('another stream took its place'))
    this.#streams.set(node, stream)
    try {
      const paced = new PacedStream(stream, this.#modules)
      while (await this.#serveOnce(stream, paced));
      await stream.end()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('failed'))
    } finally {
      if (this.#streams.get(node) === stream) this.#streams.delete(node)
    }
  }

  /** Whether there may be another question. */
  async #serveOnce(stream: PeerStream, paced: PacedStream): Promise<boolean> {
    const message = await this.#waitFor(stream, paced)
    message?.release?.()
    if (message === undefined) return false
    const { answeredAtOnce, answer } = this.#options
    if (this.#answering >= answeredAtOnce) throw new Error('as many as can be are answered; ask another node')
    this.#answering += 1
    try {
      return await answer(paced, message.header, stream.remote.node)
    } finally {
      this.#answering -= 1
    }
  }

  async #waitFor(stream: PeerStream, paced: PacedStream) {
    this.#idle.add(stream)
    for (const oldest of this.#idle) {
      if (this.#idle.size <= limits.ledgerSync.idleStreams) break
      this.#idle.delete(oldest)
      oldest.abort(new Error('others wait with a question'))
    }
    try {
      return await paced.receive()
    } finally {
      this.#idle.delete(stream)
    }
  }
}
