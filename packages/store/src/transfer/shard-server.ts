import {
  isBorgError,
  type JsonValue,
  type Logger,
  limits,
  messageOf,
  type NodeId,
  ShardId,
  type Timers,
} from '@borgios/core'
import type { Caller, PeerNetwork, PeerStream, StreamMessage } from '@borgios/peertree'
import {
  checkRequestCheck,
  haveRequestCheck,
  type RecordId,
  type ShardReply,
  type ShardRequest,
  STORE_CHECK,
  STORE_HAVE,
  STORE_PROTOCOL,
  STORE_SETTLE,
  settleRequestCheck,
  shardRequestCheck,
} from '@borgios/protocol'
import { isSoundRecord, recordIdOf } from '../coding/stripe-record.ts'
import { badMessage, shardNotHere, transferTimedOut, wrongShard } from '../errors.ts'
import type { ShardStore } from '../shards/shard-store.ts'
import { FairGate } from './fair-gate.ts'
import type { Receipts } from './receipts.ts'

export interface ShardServerModules {
  readonly network: PeerNetwork
  readonly shards: ShardStore
  readonly receipts: Receipts
  /** The id of these bytes. */
  readonly name: (bytes: Uint8Array) => Promise<ShardId>
  readonly timers: Timers
  readonly logger: Logger
  /** Another holder thinks these stripes need repair. */
  readonly onCheck: (records: readonly RecordId[]) => void
}

interface Answer extends StreamMessage {
  readonly header: ShardReply
}

const NOTHING = new Uint8Array()

/** Serves this node's shards to other members. Only members reach it: no handler here is open to guests. */
export class ShardServer {
  readonly #modules: ShardServerModules
  readonly #requests = new FairGate<NodeId>({
    places: limits.store.requestsServed,
    placesEach: limits.store.requestsPerPeer,
    placesForNew: limits.store.requestsForNewPeers,
  })
  readonly #verifications = new FairGate<NodeId>({ places: limits.store.verificationsAtOnce, placesEach: 1 })
  readonly #streams = new Set<PeerStream>()

  constructor(modules: ShardServerModules) {
    this.#modules = modules
    modules.network.handleStream(STORE_PROTOCOL, (stream) => this.#serve(stream))
    modules.network.handle(STORE_HAVE, (body, caller) => this.#have(body, caller))
    modules.network.handle(STORE_CHECK, (body) => this.#check(body))
    modules.network.handle(STORE_SETTLE, (body, caller) => this.#settle(body, caller))
  }

  stop(reason: Error): void {
    for (const stream of this.#streams) stream.abort(reason)
  }

  async #serve(stream: PeerStream): Promise<void> {
    this.#streams.add(stream)
    const { node } = stream.remote
    let lastSend: Promise<void> = Promise.resolve()
    const send = (answer: Answer): Promise<void> => {
      lastSend = lastSend.then(() => this.#send(stream, answer))
      return lastSend
    }
    try {
      for (;;) {
        const message = await stream.receive()
        if (message === undefined) break
        // While others are served this stream takes in no more, so that a flood waits at its sender.
        await this.#requests.enter(node)
        this.#answer(message, node)
          .then(send)
          .catch((error: Error) => stream.abort(error))
          .finally(() => this.#requests.leave(node))
      }
      await lastSend
      await stream.end()
    } catch (error) {
      this.#modules.logger.debug('a shard stream ended', { node, why: messageOf(error) })
    } finally {
      this.#streams.delete(stream)
    }
  }

  /** A peer that does not take its answer loses the stream, so that the answer's place is free for others. */
  async #send(stream: PeerStream, answer: Answer): Promise<void> {
    const timeoutMs = limits.store.transferTimeoutMs
    const tooSlow = (): void => stream.abort(transferTimedOut(stream.remote.node, timeoutMs))
    const cancel = this.#modules.timers.after(timeoutMs, tooSlow)
    try {
      await stream.send(answer)
    } finally {
      cancel()
      answer.release?.()
    }
  }

  async #answer({ header, payload, release }: StreamMessage, from: NodeId): Promise<Answer> {
    if (!shardRequestCheck.Check(header)) throw badMessage('not a shard request')
    const { id } = header
    try {
      return await (header.op === 'put' ? this.#put(header, payload, from) : this.#get(header))
    } catch (error) {
      if (!isBorgError(error)) throw error
      const level = error.blame === 'self' || error.blame === 'peer' ? 'warn' : 'debug'
      this.#modules.logger[level]('a shard request failed', { node: from, code: error.code, op: header.op })
      const { kind, code, meta } = error
      const room = typeof meta['freeBytes'] === 'number' ? { freeBytes: meta['freeBytes'] } : {}
      return { header: { outcome: 'failed', id, kind, code, ...room }, payload: NOTHING }
    } finally {
      release?.()
    }
  }

  async #put(
    { id, shard, record, put }: Extract<ShardRequest, { op: 'put' }>,
    payload: Uint8Array,
    from: NodeId,
  ): Promise<Answer> {
    const { shards, receipts, name } = this.#modules
    if (!isSoundRecord(record)) throw badMessage('a stripe record that does not hold together')
    if (!record.shards.includes(shard)) throw badMessage('a shard that its stripe record does not name')
    if (payload.length !== record.shardBytes || (await name(payload)) !== shard) throw wrongShard(from, shard)
    const recordId = recordIdOf(record)
    const origin = put === undefined ? undefined : { node: from, put }
    await shards.put({ shard, id: recordId, record, origin }, payload)
    const receipt = receipts.sign({ shard, bytes: payload.length, record: recordId })
    return { header: { outcome: 'stored', id, receipt }, payload: NOTHING }
  }

  async #get({ id, shard }: Extract<ShardRequest, { op: 'get' }>): Promise<Answer> {
    const lent = ShardId.is(shard) ? await this.#modules.shards.read(shard) : undefined
    if (lent === undefined) throw shardNotHere(shard)
    return { header: { outcome: 'shard', id }, payload: lent.bytes, release: () => lent[Symbol.dispose]() }
  }

  async #have(body: JsonValue, { node }: Caller): Promise<JsonValue> {
    if (!haveRequestCheck.Check(body)) throw badMessage('not a question about shards')
    const { shards } = this.#modules
    const held = [...body.shards.entries()].filter(([, shard]) => shards.has(shard))
    if (!body.verify) return { present: held.map(([index]) => index) }
    const present: number[] = []
    for (const [index, shard] of held.slice(0, limits.store.shardsPerVerification)) {
      if (await this.#verifications.with(node, () => shards.verify(shard))) present.push(index)
    }
    return { present }
  }

  #check(body: JsonValue): JsonValue {
    if (!checkRequestCheck.Check(body)) throw badMessage('not a list of stripe records')
    this.#modules.onCheck(body.records.filter((id) => this.#modules.shards.record(id) !== undefined))
    return null
  }

  /** Of the caller's own puts only: the session proves who it is. */
  async #settle(body: JsonValue, { node }: Caller): Promise<JsonValue> {
    if (!settleRequestCheck.Check(body)) throw badMessage('not how a put ended')
    await this.#modules.shards.settle({ node, put: body.put }, body.outcome)
    return null
  }
}
