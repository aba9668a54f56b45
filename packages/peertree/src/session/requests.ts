import { isBorgError, type JsonValue, type Logger, limits, messageOf } from '@borgios/core'
import { FrameKind, isCancel, isReply, isRequest } from '@borgios/protocol'
import { exhausted, misbehaved, refused, unreachable } from '../errors.ts'
import type { Caller } from '../peer-network.ts'
import type { FrameChannel } from './frame-channel.ts'
import { fromPayload, toPayload } from './frame-json.ts'
import { fromRemoteError, toRemoteError } from './remote-error.ts'
import type { Services } from './services.ts'

/** The session ended before the peer looked at the request: it may be sent again over another session. */
export class NotLookedAt extends Error {}

interface Waiting {
  resolve(body: JsonValue): void
  reject(error: unknown): void
}

export interface RequestsModules {
  readonly channel: FrameChannel
  readonly services: Services
  readonly logger: Logger
}

/** Requests and replies of one session, in both directions. Ids mean nothing outside it. */
export class Requests {
  readonly #peer: Caller
  readonly #modules: RequestsModules
  readonly #waiting = new Map<number, Waiting>()
  /** Requests of the peer in work: whether their answer is still wanted. A cancelled one keeps its place until it is done. */
  readonly #working = new Map<number, { wanted: boolean }>()
  #lastId = 0
  #lastPeerId = 0

  constructor(peer: Caller, modules: RequestsModules) {
    this.#peer = peer
    this.#modules = modules
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0
  }

  /** Asks the peer. Throws what its handler threw, PEERTREE_EXHAUSTED, PEERTREE_UNSENDABLE, {@link NotLookedAt} or the signal's reason. */
  ask(method: string, body: JsonValue, signal: AbortSignal): Promise<JsonValue> {
    signal.throwIfAborted()
    if (this.#waiting.size >= limits.peertree.maxOutboundRequests) {
      throw exhausted(`${this.#waiting.size} requests to this node wait for an answer; try again later`)
    }
    const id = this.#lastId + 1
    const payload = toPayload({ id, method, body }, `the request ${method}`)
    this.#lastId = id
    const { promise, resolve, reject } = Promise.withResolvers<JsonValue>()
    const onAbort = (): void => {
      this.#waiting.delete(id)
      this.#modules.channel.send(FrameKind.cancel, toPayload({ id }, 'the cancellation'))
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#waiting.set(id, { resolve, reject })
    this.#modules.channel.send(FrameKind.request, payload)
    return promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  onReply(payload: Uint8Array): void {
    const reply = fromPayload(payload, isReply, 'reply')
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) {
      if (reply.id > this.#lastId) throw misbehaved('the peer answered a request that was never made')
      return
    }
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting.reject(fromRemoteError(reply.error, this.#peer.node))
    else waiting.resolve(reply.body)
  }

  onRequest(payload: Uint8Array): void {
    const { id, method, body } = fromPayload(payload, isRequest, 'request')
    if (id <= this.#lastPeerId) throw misbehaved('the peer used a request id twice')
    this.#lastPeerId = id
    const bound = this.#peer.role === 'guest' ? limits.peertree.maxGuestRequests : limits.peertree.maxInboundRequests
    if (this.#working.size >= bound) {
      this.#answerError(id, exhausted(`${bound} requests of yours are in work here; wait for an answer`))
      return
    }
    const handler = this.#modules.services.methods.find(method, this.#peer.role)
    if (handler === undefined) {
      this.#answerError(id, refused(`the node does not answer "${method}" to a ${this.#peer.role}`))
      return
    }
    const work = { wanted: true }
    this.#working.set(id, work)
    void this.#work(id, method, work, async () => handler(body, this.#peer))
  }

  onCancel(payload: Uint8Array): void {
    const { id } = fromPayload(payload, isCancel, 'cancellation')
    const work = this.#working.get(id)
    if (work !== undefined) work.wanted = false
  }

  /** The session is over: nobody will answer any more. `unseen`: the peer said so before it looked at what still waits. */
  end(unseen: boolean): void {
    for (const [id, waiting] of this.#waiting) {
      this.#waiting.delete(id)
      const { node } = this.#peer
      waiting.reject(
        unseen
          ? new NotLookedAt(`${node} ended the session before it looked at the request`)
          : unreachable(`the session with ${node} broke off before it answered`, { node }),
      )
    }
    for (const work of this.#working.values()) work.wanted = false
  }

  async #work(id: number, method: string, work: { wanted: boolean }, run: () => Promise<JsonValue>): Promise<void> {
    let answer: Uint8Array
    try {
      answer = toPayload({ id, body: await run() }, `the answer to ${method}`)
    } catch (error) {
      if (!isBorgError(error)) {
        this.#modules.logger.error('a request handler failed', { method, error: messageOf(error) })
      }
      answer = toPayload({ id, error: toRemoteError(error) }, 'the error')
    }
    this.#working.delete(id)
    if (work.wanted) this.#modules.channel.send(FrameKind.reply, answer)
  }

  #answerError(id: number, error: Error): void {
    this.#modules.channel.send(FrameKind.reply, toPayload({ id, error: toRemoteError(error) }, 'the error'))
  }
}
