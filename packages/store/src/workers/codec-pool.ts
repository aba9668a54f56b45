import { Worker } from 'node:worker_threads'
import { assert, limits, type ShardId } from '@borgios/core'
import { loadKernel } from '../coding/erasure-kernel.ts'
import type { ProvenShard } from '../coding/merkle-path.ts'
import type { GivenShard, OpenedStripe, RebuiltStripe, SealedStripe, StripePlace } from '../coding/stripe-codec.ts'
import { StripeMemory } from '../coding/stripe-memory.ts'
import { stopped } from '../errors.ts'
import type { CodecJob, CodecReply, CodecResults, CodecWorkerData } from './codec-messages.ts'
import { RegionPool } from './region-pool.ts'

const ENTRY = new URL('./codec-worker.ts', import.meta.url)

interface Pending {
  readonly resolve: (result: CodecReply['result']) => void
  readonly reject: (error: Error) => void
}

interface Lane {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
}

/** The codec threads of a node and the memory they share with it. One per process is enough, whatever runs in it. */
export class CodecPool {
  readonly #memory = new StripeMemory()
  readonly #lanes: readonly Lane[]
  readonly #cells = new RegionPool(this.#memory.cells())
  #nextId = 0
  #stopped = false
  /** Places for plain text. */
  readonly plainTexts = new RegionPool(this.#memory.plainTexts())
  /** Places for the shards of stripes. */
  readonly slots = new RegionPool(this.#memory.slots())

  /** Throws STORE_KERNEL_MISSING. */
  constructor() {
    const module = loadKernel()
    this.#lanes = Array.from({ length: limits.store.codecWorkers }, (_, index) => this.#start(module, index))
  }

  /** Encrypts and codes the plain text that stands at `plainAddress`. */
  seal(place: StripePlace, plainAddress: number, key: Uint8Array, stripe: number): Promise<SealedStripe> {
    return this.#run({ kind: 'seal', place, plainAddress, key, stripe })
  }

  open(
    place: StripePlace,
    given: readonly GivenShard[],
    key: Uint8Array,
    stripe: number,
    tags: Uint8Array,
  ): Promise<OpenedStripe> {
    return this.#run({ kind: 'open', place, given, key, stripe, tags })
  }

  rebuild(place: StripePlace, given: readonly GivenShard[], wanted: readonly number[]): Promise<RebuiltStripe> {
    return this.#run({ kind: 'rebuild', place, given, wanted })
  }

  /** The id of bytes that came from elsewhere, at most one shard long. */
  name(bytes: Uint8Array): Promise<ShardId> {
    return this.#cells.with((cell) => {
      cell.bytes.set(bytes)
      return this.#run({ kind: 'name', address: cell.address, bytes: bytes.length })
    })
  }

  /** Hashes and paths of leaves of a shard, at most one shard long. */
  prove(bytes: Uint8Array, leaves: readonly number[]): Promise<ProvenShard> {
    return this.#cells.with((cell) => {
      cell.bytes.set(bytes)
      return this.#run({ kind: 'prove', address: cell.address, bytes: bytes.length, leaves })
    })
  }

  /** Jobs under way fail with STORE_STOPPED. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const { pending } of this.#lanes) {
      for (const { reject } of pending.values()) reject(stopped())
      pending.clear()
    }
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()))
  }

  #start(module: WebAssembly.Module, index: number): Lane {
    const workerData: CodecWorkerData = { memory: this.#memory.memory, module, index }
    const resourceLimits = { maxYoungGenerationSizeMb: limits.store.codecYoungHeapMib }
    const worker = new Worker(ENTRY, { workerData, resourceLimits })
    const pending = new Map<number, Pending>()
    worker.on('message', ({ id, result }: CodecReply) => {
      pending.get(id)?.resolve(result)
      pending.delete(id)
    })
    // Workers fail only by a bug or for want of memory: nothing sensible can go on without them.
    worker.on('error', (error) => {
      throw error
    })
    return { worker, pending }
  }

  #run<Job extends CodecJob>(job: Job): Promise<CodecResults[Job['kind']]> {
    if (this.#stopped) return Promise.reject(stopped())
    const lane = this.#lanes.reduce((least, other) => (other.pending.size < least.pending.size ? other : least))
    assert(lane !== undefined, 'there is at least one worker')
    this.#nextId += 1
    const id = this.#nextId
    return new Promise((resolve, reject) => {
      lane.pending.set(id, { resolve: (result) => resolve(result as CodecResults[Job['kind']]), reject })
      lane.worker.postMessage({ id, job })
    })
  }
}
