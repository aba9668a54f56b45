import { assert, isBorgError, limits, messageOf, type NodeId } from '@borgios/core'
import { TokenBucket } from '@borgios/peertree'
import { isLightRequest, LEDGER_LIGHT_PROTOCOL, type LightReply } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import type { PacedStream } from '../sync/paced-stream.ts'
import { StreamDesk, type StreamDeskModules } from '../sync/stream-desk.ts'
import type { ProofServer } from './proof-server.ts'

const bounds = limits.ledgerLight
const NOTHING = new Uint8Array()

export interface LightServerModules extends StreamDeskModules {
  readonly proofs: Pick<ProofServer, 'answer'>
}

/** Answers questions of other nodes, guests among them: one stream for each, so many questions a second. */
export class LightServer {
  readonly #modules: LightServerModules
  /** The one asked longest ago first. */
  readonly #questions = new Map<NodeId, TokenBucket>()

  constructor(modules: LightServerModules) {
    this.#modules = modules
    const options = { protocol: LEDGER_LIGHT_PROTOCOL, openToGuests: true, answeredAtOnce: bounds.servedAtOnce }
    new StreamDesk({ ...options, answer: (stream, question, from) => this.#answer(stream, question, from) }, modules)
  }

  async #answer(stream: PacedStream, question: unknown, from: NodeId): Promise<boolean> {
    if (!isLightRequest(question)) throw badSyncMessage('no question')
    if (!this.#mayAsk(from)) throw badSyncMessage('more questions than one may ask')
    try {
      const parts = await this.#modules.proofs.answer(question)
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
