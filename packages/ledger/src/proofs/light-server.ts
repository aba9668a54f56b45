import { assert, isBorgError, limits, messageOf, type NodeId } from '@borgios/core'
import { type PeerNetwork, type PeerStream, TokenBucket } from '@borgios/peertree'
import { isLightRequest, LEDGER_LIGHT_PROTOCOL, type LightReply } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { PacedStream, type PacedStreamModules } from '../sync/paced-stream.ts'
import type { ProofServer } from './proof-server.ts'

const bounds = limits.ledgerLight
const NOTHING = new Uint8Array()

export interface LightServerModules extends PacedStreamModules {
  readonly network: Pick<PeerNetwork, 'handleStream'>
  readonly proofs: Pick<ProofServer, 'answer'>
}

/** Answers questions of other nodes, guests among them: one stream for each, so many questions a second. */
export class LightServer {
  readonly #modules: LightServerModules
  readonly #serving = new Map<NodeId, PeerStream>()
  /** The one asked longest ago first. */
  readonly #questions = new Map<NodeId, TokenBucket>()

  constructor(modules: LightServerModules) {
    this.#modules = modules
    const serve = (stream: PeerStream) => this.#serve(stream)
    modules.network.handleStream(LEDGER_LIGHT_PROTOCOL, serve, { openToGuests: true })
  }

  async #serve(stream: PeerStream): Promise<void> {
    const { node } = stream.remote
    const earlier = this.#serving.get(node)
    if (earlier === undefined && this.#serving.size >= bounds.servedAtOnce) {
      stream.abort(new Error('as many as can be are answered; ask another node'))
      return
    }
    // Who comes again has lost the one before.
    earlier?.abort(new Error('another stream took its place'))
    this.#serving.set(node, stream)
    try {
      const paced = new PacedStream(stream, this.#modules)
      while (await this.#answerOne(paced, node));
      await stream.end()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('failed'))
    } finally {
      if (this.#serving.get(node) === stream) this.#serving.delete(node)
    }
  }

  /** Whether there was a question. */
  async #answerOne(stream: PacedStream, node: NodeId): Promise<boolean> {
    const message = await stream.receive()
    if (message === undefined) return false
    message.release?.()
    if (!isLightRequest(message.header)) throw badSyncMessage('no question')
    if (!this.#mayAsk(node)) throw badSyncMessage('more questions than one may ask')
    try {
      const parts = await this.#modules.proofs.answer(message.header)
      await stream.send({ header: { parts: parts.length }, payload: NOTHING })
      for (const payload of parts) await stream.send({ header: null, payload })
    } catch (error) {
      if (!isBorgError(error)) throw error
      const reply: LightReply = { code: error.code, message: messageOf(error).slice(0, limits.node.maxWhyChars) }
      await stream.send({ header: reply, payload: NOTHING })
    }
    return true
  }

  #mayAsk(node: NodeId): boolean {
    const nowMs = this.#modules.clock.monotonicMs()
    const { questionsPerSecond, questionBurst, countedPeers } = bounds
    const bucket = this.#questions.get(node) ?? new TokenBucket(questionsPerSecond, questionBurst, nowMs)
    this.#questions.delete(node)
    this.#questions.set(node, bucket)
    const [oldest] = this.#questions.keys()
    assert(oldest !== undefined, 'the one that was just added')
    if (this.#questions.size > countedPeers) this.#questions.delete(oldest)
    return bucket.take(1, nowMs)
  }
}
