import { type LentBytes, type Logger, limits, messageOf, type NodeId, type ShardId } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import type { PutId, PutOutcome, RecordId, ShardReceipt } from '@borgios/protocol'
import { recordIdOf } from '../coding/stripe-record.ts'
import { shardNotHere, wrongShard } from '../errors.ts'
import { type Candidate, candidatesOf } from '../placement/placement.ts'
import type { ShardStore } from '../shards/shard-store.ts'
import { Gate } from './gate.ts'
import type { Receipts } from './receipts.ts'
import type { ShardClient, ShardToStore } from './shard-client.ts'

export interface HoldersModules {
  readonly network: PeerNetwork
  readonly client: ShardClient
  readonly shards: ShardStore
  readonly receipts: Receipts
  readonly logger: Logger
}

/** Who holds which of the shards asked about. */
export type Presence = ReadonlyMap<ShardId, readonly NodeId[]>

export interface LocateOptions {
  /** Each shard is read and rehashed before it counts. */
  readonly verify?: boolean
  /** Whether the others need not be waited for. */
  readonly enough?: (found: Presence) => boolean
}

/** All nodes that hold shards, this one among them, as one place to put, get and ask. */
export class Holders {
  readonly #modules: HoldersModules

  constructor(modules: HoldersModules) {
    this.#modules = modules
  }

  get self(): NodeId {
    return this.#modules.network.self
  }

  /** Nodes that could hold shards now. */
  candidates(): readonly Candidate[] {
    return candidatesOf(this.#modules.network.members())
  }

  /** Stores a shard whose bytes fit its id. Resolves with the receipt once it is durable there. */
  async put(node: NodeId, work: ShardToStore, bytes: Uint8Array): Promise<ShardReceipt> {
    if (node !== this.self) return this.#modules.client.put(node, work, bytes)
    const { shard, record, put } = work
    const origin = put === undefined ? undefined : { node, put }
    const id = recordIdOf(record)
    await this.#modules.shards.put({ shard, id, record, origin }, bytes)
    return this.#modules.receipts.sign({ shard, bytes: bytes.length, record: id })
  }

  /** Tells a node how a put of this node ended. */
  settle(node: NodeId, put: PutId, outcome: PutOutcome): Promise<void> {
    const { shards, client } = this.#modules
    return node === this.self ? shards.settle({ node, put }, outcome) : client.settle(node, put, outcome)
  }

  /** Bytes of the right length, where it is known; not yet checked against the id. */
  async get(node: NodeId, shard: ShardId, shardBytes: number | undefined): Promise<LentBytes> {
    if (node !== this.self) return this.#modules.client.get(node, shard, shardBytes)
    const lent = await this.#modules.shards.read(shard)
    if (lent === undefined) throw shardNotHere(shard)
    if (shardBytes === undefined || lent.bytes.length === shardBytes) return lent
    lent[Symbol.dispose]()
    throw wrongShard(node, shard)
  }

  /**
   * Asks every candidate which of these shards it holds. Who does not answer is left out. Resolves when all have answered, or as
   * soon as it is enough.
   */
  locate(shards: readonly ShardId[], { verify = false, enough = () => false }: LocateOptions = {}): Promise<Presence> {
    const found = new Map<ShardId, NodeId[]>()
    const gate = new Gate(limits.store.membersAsked)
    const { promise, resolve, reject } = Promise.withResolvers<Presence>()
    const ask = async (node: NodeId): Promise<void> => {
      for (const shard of await this.#have(node, shards, verify)) {
        const nodes = found.get(shard)
        if (nodes === undefined) found.set(shard, [node])
        else if (!nodes.includes(node)) nodes.push(node)
      }
      if (enough(found)) resolve(found)
    }
    const asked = this.candidates().map(({ node }) => gate.with(() => ask(node)))
    Promise.all(asked).then(() => resolve(found), reject)
    return promise
  }

  /** A node gave wrong bytes: it is asked to look at its disk, without waiting for the answer. */
  suspect(node: NodeId, shard: ShardId): void {
    const error = wrongShard(node, shard)
    this.#modules.logger.warn('a peer gave a wrong shard', { node, shard, code: error.code, blame: error.blame })
    this.#have(node, [shard], true).catch(() => undefined)
  }

  /** Asks a node to look after stripes; it finds them by itself if this does not arrive. */
  nudge(node: NodeId, records: readonly RecordId[]): void {
    this.#modules.client.check(node, records).catch(() => undefined)
  }

  async #have(node: NodeId, shards: readonly ShardId[], verify: boolean): Promise<readonly ShardId[]> {
    if (node !== this.self) {
      try {
        return await this.#ask(node, shards, verify)
      } catch (error) {
        this.#modules.logger.debug('a member did not say what it holds', { node, why: messageOf(error) })
        return []
      }
    }
    const held = shards.filter((shard) => this.#modules.shards.has(shard))
    if (!verify) return held
    const whole: ShardId[] = []
    for (const shard of held) if (await this.#modules.shards.verify(shard)) whole.push(shard)
    return whole
  }

  async #ask(node: NodeId, shards: readonly ShardId[], verify: boolean): Promise<readonly ShardId[]> {
    const atOnce = verify ? limits.store.shardsPerVerification : limits.store.shardsPerQuestion
    const held: ShardId[] = []
    for (let at = 0; at < shards.length; at += atOnce) {
      held.push(...(await this.#modules.client.have(node, shards.slice(at, at + atOnce), verify)))
    }
    return held
  }
}
