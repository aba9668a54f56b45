import { type JsonValue, limits, type NodeId, type Timers } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'
import { type ShardReply, type ShardRequest, shardReplyCheck } from '@borgios/protocol'
import { badMessage, peerRefused, transferTimedOut } from '../errors.ts'
import { Gate } from './gate.ts'

export interface ShardAnswer {
  readonly reply: Exclude<ShardReply, { outcome: 'failed' }>
  readonly payload: Uint8Array
  /** The payload is done with. */
  readonly release: () => void
}

interface Pending {
  readonly resolve: (answer: ShardAnswer) => void
  readonly reject: (error: Error) => void
}

type Question = ShardRequest extends infer Request
  ? Request extends ShardRequest
    ? Omit<Request, 'id'>
    : never
  : never

const NOTHING = new Uint8Array()
const nothing = (): void => undefined

/** One kept stream to a peer with several requests under way. Once it failed it stays so; its owner opens another. */
export class ShardSession {
  readonly #node: NodeId
  readonly #stream: PeerStream
  readonly #timers: Timers
  readonly #onFailed: () => void
  readonly #gate = new Gate(limits.store.requestsPerStream)
  readonly #pending = new Map<number, Pending>()
  #lastSend: Promise<void> = Promise.resolve()
  #nextId = 0
  #failure: Error | undefined

  /** `onFailed` is called once, when the session can no longer be used. */
  constructor(node: NodeId, stream: PeerStream, timers: Timers, onFailed: () => void) {
    this.#node = node
    this.#stream = stream
    this.#timers = timers
    this.#onFailed = onFailed
    this.#receiveAll().catch((error: Error) => this.fail(error))
  }

  /** Sends a request and waits for its answer. Throws STORE_PEER_REFUSED, STORE_TRANSFER_TIMEOUT or what broke the stream. */
  ask(question: Question, payload: Uint8Array = NOTHING): Promise<ShardAnswer> {
    return this.#gate.with(async () => {
      if (this.#failure !== undefined) throw this.#failure
      this.#nextId += 1
      const id = this.#nextId
      const { promise, resolve, reject } = Promise.withResolvers<ShardAnswer>()
      this.#pending.set(id, { resolve, reject })
      const timeoutMs = limits.store.transferTimeoutMs
      // A peer that does not answer one request holds up the others on its stream as well.
      const cancel = this.#timers.after(timeoutMs, () => this.fail(transferTimedOut(this.#node, timeoutMs)))
      try {
        this.#send({ ...question, id }, payload)
        return await promise
      } finally {
        cancel()
        this.#pending.delete(id)
      }
    })
  }

  /** Ends the stream; requests under way are rejected with the reason. */
  fail(reason: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#onFailed()
    this.#stream.abort(reason)
    for (const { reject } of this.#pending.values()) reject(reason)
  }

  #send(header: JsonValue, payload: Uint8Array): void {
    this.#lastSend = this.#lastSend.then(() => this.#stream.send({ header, payload }))
    this.#lastSend.catch((error: Error) => this.fail(error))
  }

  async #receiveAll(): Promise<void> {
    for (;;) {
      const message = await this.#stream.receive()
      if (message === undefined) throw badMessage('the stream ended before it was closed')
      const { header, payload, release = nothing } = message
      if (!shardReplyCheck.Check(header)) throw badMessage('not a reply to a shard request')
      // Nobody waits for it any more: the request was given up.
      const pending = this.#pending.get(header.id)
      if (pending === undefined) {
        release()
        continue
      }
      if (header.outcome === 'failed')
        pending.reject(peerRefused(this.#node, header.kind, header.code, header.freeBytes))
      else pending.resolve({ reply: header, payload, release })
    }
  }
}
