import { type Clock, limits, type NodeId, type ShardId } from '@borgios/core'
import type { PutId } from '@borgios/protocol'

/** The put that a shard came with, and the node that proved on its session to be the one that puts. */
export interface PutOrigin {
  readonly node: NodeId
  readonly put: PutId
}

interface OpenPut {
  readonly shards: Set<ShardId>
  lastMs: number
}

interface Putter {
  readonly open: Map<PutId, OpenPut>
  /** The last ones, oldest first. */
  readonly settled: Set<PutId>
}

/**
 * Which shards here belong to puts that are still under way, and to nothing else: only these may their putters take back. In memory
 * only: after a restart all shards are like any others. Does no I/O.
 */
export class OpenPuts {
  readonly #clock: Clock
  readonly #putters = new Map<NodeId, Putter>()
  readonly #putOf = new Map<ShardId, OpenPut>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * A shard comes: with a put, or with a repair. It is the put's alone if `isNew`; one that was here before, or that somebody else
   * brings as well, stays whatever becomes of the put. False if that put is over.
   */
  claim(shard: ShardId, origin: PutOrigin | undefined, isNew: boolean): boolean {
    const before = this.#putOf.get(shard)
    if (origin === undefined) {
      this.release(shard)
      return true
    }
    const putter = this.#putters.get(origin.node)
    if (putter?.settled.has(origin.put)) return false
    if (before !== undefined && before !== putter?.open.get(origin.put)) this.release(shard)
    else if (before === undefined && isNew) this.#follow(shard, origin)
    return true
  }

  /** Whether the shard's put is still under way: whoever puts looks after it until then. */
  has(shard: ShardId): boolean {
    const put = this.#putOf.get(shard)
    return put !== undefined && !this.#isStale(put)
  }

  /** The put is over. Its shards, which stay marked until each is released; none if that put is not known (any more). */
  settle({ node, put }: PutOrigin): readonly ShardId[] {
    const putter = this.#putter(node)
    remember(putter.settled, put)
    const open = putter.open.get(put)
    if (open === undefined) return []
    putter.open.delete(put)
    if (!this.#isStale(open)) return [...open.shards]
    this.#releaseAll(open)
    return []
  }

  /** From now on the shard is like any other. False if it was so before. */
  release(shard: ShardId): boolean {
    this.#putOf.get(shard)?.shards.delete(shard)
    return this.#putOf.delete(shard)
  }

  /** The node went down: nobody will say any more how its puts ended. */
  forget(node: NodeId): void {
    for (const put of this.#putters.get(node)?.open.values() ?? []) this.#releaseAll(put)
    this.#putters.delete(node)
  }

  #putter(node: NodeId): Putter {
    const known = this.#putters.get(node)
    if (known !== undefined) return known
    const putter = { open: new Map(), settled: new Set<PutId>() }
    this.#putters.set(node, putter)
    return putter
  }

  #follow(shard: ShardId, { node, put }: PutOrigin): void {
    const { open } = this.#putter(node)
    const before = open.get(put)
    if (before === undefined || this.#isStale(before)) this.#dropStale()
    const shardsOfNode = [...open.values()].reduce((sum, { shards }) => sum + shards.size, 0)
    const { openPutsPerNode, openShardsPerNode, openShards } = limits.store
    if (shardsOfNode >= openShardsPerNode || this.#putOf.size >= openShards) return
    if (!open.has(put) && open.size >= openPutsPerNode) return
    const followed = open.get(put) ?? { shards: new Set(), lastMs: 0 }
    open.set(put, followed)
    followed.shards.add(shard)
    followed.lastMs = this.#clock.monotonicMs()
    this.#putOf.set(shard, followed)
  }

  #dropStale(): void {
    for (const { open } of this.#putters.values()) {
      for (const [put, followed] of open) {
        if (!this.#isStale(followed)) continue
        this.#releaseAll(followed)
        open.delete(put)
      }
    }
  }

  #isStale({ lastMs }: OpenPut): boolean {
    return this.#clock.monotonicMs() - lastMs > limits.store.openPutMs
  }

  #releaseAll({ shards }: OpenPut): void {
    for (const shard of shards) this.release(shard)
  }
}

function remember(settled: Set<PutId>, put: PutId): void {
  settled.delete(put)
  settled.add(put)
  const oldest = settled.values().next()
  if (settled.size > limits.store.settledPutsPerNode && !oldest.done) settled.delete(oldest.value)
}
