import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NetworkId, NodeId, OperatorId, ShardId, silentLogger, type Timers } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { SeededRandom } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createMemoryNetwork, type MemoryNetwork, type MemoryPeer } from '@borgios/peertree/testing'
import {
  type AuditPorts,
  CodecPool,
  createFileStore,
  type FileStore,
  type FileStoreOptions,
  freeLeases,
  type RepairTimings,
  type StorageLeases,
} from '@borgios/store'

/** As fast as it goes; the scrub and sweeps only where a test asks for them. */
export const quickRepair: Partial<RepairTimings> = { graceMs: 0, jitterMs: 0, patienceMs: 200, pauseMs: 0 }
/** No repair on its own within a test. */
export const noRepair: Partial<RepairTimings> = { graceMs: 3_600_000, jitterMs: 0 }

export interface ClusterOptions {
  readonly nodes: number
  readonly repair?: Partial<RepairTimings>
  readonly operatorOf?: (index: number) => number
  readonly capacityOf?: (index: number) => number
  readonly timers?: Timers
  /** Of every node. */
  readonly audit?: AuditPorts
  /** Of node 0. */
  readonly leases?: StorageLeases
}

export interface TestNode {
  readonly index: number
  readonly peer: MemoryPeer
  readonly folder: string
  store: FileStore
}

/** Stores of one process on a memory network, each with its own folder, sharing their codec threads. */
export class StoreCluster {
  readonly network: MemoryNetwork
  readonly nodes: TestNode[] = []
  readonly codec = new CodecPool()
  readonly #options: ClusterOptions
  readonly #root: string

  private constructor(options: ClusterOptions, root: string, network: MemoryNetwork) {
    this.#options = options
    this.#root = root
    this.network = network
  }

  static async start(options: ClusterOptions): Promise<StoreCluster> {
    const root = await mkdtemp(join(tmpdir(), 'borgios-store-'))
    const { network, peers } = createMemoryNetwork(systemClock, systemTimers, options.nodes, (index) => ({
      node: NodeId.fromBytes(signerOf(index).publicKey),
      operator: OperatorId.fromBytes(new Uint8Array(32).fill(options.operatorOf?.(index) ?? index)),
    }))
    const cluster = new StoreCluster(options, root, network)
    for (const [index, peer] of peers.entries()) {
      const folder = join(root, String(index))
      cluster.nodes.push({ index, peer, folder, store: await cluster.#open(index, peer, folder) })
    }
    return cluster
  }

  node(index: number): TestNode {
    const node = this.nodes[index]
    assert.ok(node !== undefined)
    return node
  }

  async kill(index: number): Promise<void> {
    this.network.kill(this.node(index).peer.self)
    await this.node(index).store.stop()
  }

  /** Starts a killed node on its folder, or on an empty one. */
  async restart(index: number, wiped = false): Promise<void> {
    const node = this.node(index)
    if (wiped) await rm(node.folder, { recursive: true })
    node.store = await this.#open(index, node.peer, node.folder)
    this.network.revive(node.peer.self)
  }

  async add(index: number): Promise<void> {
    const peer = this.network.add({
      node: NodeId.fromBytes(signerOf(index).publicKey),
      operator: OperatorId.fromBytes(new Uint8Array(32).fill(index)),
      place: `place-${index}`,
      release: '0.0.0',
      services: ['store'],
      addresses: [],
    })
    const folder = join(this.#root, String(index))
    this.nodes.push({ index, peer, folder, store: await this.#open(index, peer, folder) })
  }

  shardFiles(index: number): readonly ShardId[] {
    return readdirSync(join(this.node(index).folder, 'shards')).filter((name) => ShardId.is(name))
  }

  shardPath(index: number, shard: ShardId): string {
    return join(this.node(index).folder, 'shards', shard)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(({ store }) => store.stop()))
    await this.codec.stop()
    await rm(this.#root, { recursive: true, force: true })
  }

  #open(index: number, network: MemoryPeer, folder: string): Promise<FileStore> {
    const options: FileStoreOptions = {
      folder,
      capacityBytes: this.#options.capacityOf?.(index) ?? 2 ** 32,
      coding: { data: 3, parity: 2 },
      repair: this.#options.repair ?? noRepair,
    }
    return createFileStore(options, {
      network,
      signer: signerOf(index),
      ed25519: sodiumEd25519,
      networkId: NetworkId.fromBytes(new Uint8Array(32)),
      clock: systemClock,
      timers: this.#options.timers ?? systemTimers,
      // Keys, so shard ids, so placement are the same in every run.
      random: new SeededRandom(index),
      logger: silentLogger,
      codec: this.codec,
      leases: (index === 0 ? this.#options.leases : undefined) ?? freeLeases,
      ...(this.#options.audit !== undefined && { audit: this.#options.audit }),
    })
  }
}

export const signerOf = (index: number) => sodiumEd25519.signerFromSeed(new Uint8Array(32).fill(index + 1))

/** Deterministic bytes in chunks of odd sizes. */
export async function* bytesInChunks(bytes: Uint8Array, chunkBytes = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

export function sampleBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

export async function readAll(store: FileStore, capability: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (using chunk of (await store.get(capability)).content) chunks.push(Uint8Array.from(chunk.bytes))
  return Buffer.concat(chunks)
}

/** Waits for something that happens by itself; a test that never sees it fails by its own time-out. */
export async function eventually(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) await systemTimers.sleep(20)
}
