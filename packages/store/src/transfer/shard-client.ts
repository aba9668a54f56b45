import { type LentBytes, limits, type NodeId, type ShardId, type Timers } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import {
  haveReplyCheck,
  type PutId,
  type PutOutcome,
  type RecordId,
  type ShardReceipt,
  STORE_CHECK,
  STORE_HAVE,
  STORE_PROTOCOL,
  STORE_SETTLE,
  type StripeRecord,
} from '@borgios/protocol'
import { recordIdOf } from '../coding/stripe-record.ts'
import { badMessage, badReceipt, stopped, wrongShard } from '../errors.ts'
import type { Receipts } from './receipts.ts'
import { ShardSession } from './shard-session.ts'

/** What goes with a shard's bytes. */
export interface ShardToStore {
  readonly shard: ShardId
  readonly record: StripeRecord
  /** None: it is a repair. */
  readonly put?: PutId | undefined
}

/** Shards on other nodes. Keeps one stream open to each peer it talks to. */
export class ShardClient {
  readonly #network: PeerNetwork
  readonly #receipts: Receipts
  readonly #timers: Timers
  readonly #sessions = new Map<NodeId, Promise<ShardSession>>()
  readonly #stopForgetting: () => void
  #stopped = false

  constructor(network: PeerNetwork, receipts: Receipts, timers: Timers) {
    this.#network = network
    this.#receipts = receipts
    this.#timers = timers
    // Sessions of nodes that went down must neither linger nor be used by their successor.
    this.#stopForgetting = network.onMemberChange(({ node, state }) => {
      if (state === 'down') this.#close(node)
    })
  }

  /** Stores a shard on a node. Resolves with its receipt once the node has signed that it is durable there. */
  async put(node: NodeId, { shard, record, put }: ShardToStore, bytes: Uint8Array): Promise<ShardReceipt> {
    const session = await this.#session(node)
    const { reply } = await session.ask({ op: 'put', shard, record, ...(put !== undefined && { put }) }, bytes)
    if (reply.outcome !== 'stored') throw badReceipt(node)
    this.#receipts.check(reply.receipt, node, { shard, bytes: bytes.length, record: recordIdOf(record) })
    return reply.receipt
  }

  /** Bytes that a node gives for a shard: of the right length, where it is known; not yet checked against its id. */
  async get(node: NodeId, shard: ShardId, shardBytes: number | undefined): Promise<LentBytes> {
    const session = await this.#session(node)
    const { reply, payload, release } = await session.ask({ op: 'get', shard })
    const isRightLength =
      shardBytes === undefined ? payload.length <= limits.store.maxShardBytes : payload.length === shardBytes
    if (reply.outcome !== 'shard' || !isRightLength) throw wrongShard(node, shard)
    return { bytes: payload, [Symbol.dispose]: release }
  }

  /** Which of these shards a node says it holds; with `verify` it reads and rehashes them first. */
  async have(node: NodeId, shards: readonly ShardId[], verify: boolean): Promise<readonly ShardId[]> {
    const timeoutMs = verify ? { timeoutMs: limits.store.verifyTimeoutMs } : {}
    const reply = await this.#network.request(node, STORE_HAVE, { shards, verify }, timeoutMs)
    if (!haveReplyCheck.Check(reply)) throw badMessage('not an answer to which shards are there')
    return reply.present.flatMap((index) => shards[index] ?? [])
  }

  /** Asks a node to look whether these stripes need repair. */
  async check(node: NodeId, records: readonly RecordId[]): Promise<void> {
    await this.#network.request(node, STORE_CHECK, { records })
  }

  /** Tells a node how a put of ours ended. Resolves when it has done what that means for the shards it holds of it. */
  async settle(node: NodeId, put: PutId, outcome: PutOutcome): Promise<void> {
    await this.#network.request(node, STORE_SETTLE, { put, outcome })
  }

  stop(): void {
    this.#stopped = true
    this.#stopForgetting()
    for (const node of this.#sessions.keys()) this.#close(node)
  }

  #session(node: NodeId): Promise<ShardSession> {
    if (this.#stopped) return Promise.reject(stopped())
    const kept = this.#sessions.get(node)
    if (kept !== undefined) return kept
    const forget = (): void => {
      if (this.#sessions.get(node) === opening) this.#sessions.delete(node)
    }
    const opening = this.#network
      .openStream(node, STORE_PROTOCOL)
      .then((stream) => new ShardSession(node, stream, this.#timers, forget))
    this.#sessions.set(node, opening)
    opening.catch(forget)
    return opening
  }

  #close(node: NodeId): void {
    const session = this.#sessions.get(node)
    this.#sessions.delete(node)
    session?.then((open) => open.fail(stopped())).catch(() => undefined)
  }
}
