import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Clock, NetworkId, NodeId, OperatorId, silentLogger, type Timers } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import { SeededRandom } from '@borgios/core/testing'
import type { Signer } from '@borgios/crypto'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { createMemoryNetwork, type MemoryNetwork, type MemoryPeer } from '@borgios/peertree/testing'
import {
  createJobService,
  defaultJobLimits,
  type Escrow,
  freeEscrow,
  type JobEarnings,
  type JobService,
  type JobServiceOptions,
  type JobSpec,
  type Sandbox,
  type SandboxReport,
  type SandboxTask,
  unpaidWork,
} from '../../src/index.ts'
import { MemoryFiles } from './memory-files.ts'

export const NETWORK_ID = NetworkId.fromBytes(new Uint8Array(32).fill(7))

/** A sandbox that does what the test says instead of running programs. */
export class FakeSandbox implements Sandbox {
  unavailableWhy: string | undefined
  readonly memoryGuard = 'none, it is a fake'
  readonly tasks: SandboxTask[] = []
  /** Defaults to a program that ends with 0 at once. */
  behave: (task: SandboxTask) => Promise<SandboxReport> = async () => exited(0)

  run(task: SandboxTask): Promise<SandboxReport> {
    this.tasks.push(task)
    return this.behave(task)
  }
}

export const exited = (exitCode: number): SandboxReport => ({
  end: 'exited',
  exitCode,
  why: 'It ended.',
  wallTimeMs: 5,
  cpuMs: 3,
})

/** A program that runs until it is stopped. */
export const untilStopped = ({ signal }: SandboxTask): Promise<SandboxReport> =>
  new Promise((resolve) => {
    const stop = (): void => resolve({ end: 'stopped', exitCode: undefined, why: 'stopped', wallTimeMs: 9, cpuMs: 8 })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

/** Waits until a condition holds; the test runner's own limit ends it if it never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

export interface WorldNode {
  readonly id: NodeId
  readonly signer: Signer
  readonly peer: MemoryPeer
  readonly folder: string
  readonly service: JobService
  readonly sandbox: FakeSandbox
}

export interface WorldOptions {
  readonly nodes: number
  readonly slots?: number
  /** What is special about node 1. */
  readonly node1?: Partial<JobServiceOptions>
  readonly time?: Clock & Timers
  /** Of node 0. */
  readonly escrow?: Escrow
  /** Who pays node 1. */
  readonly earnings?: JobEarnings
  /** Instead of fakes. */
  readonly sandbox?: Sandbox
}

/** Nodes with keys, job services and one shared store, in a memory network. Node 0 is the one that asks. */
export class JobWorld {
  readonly files = new MemoryFiles()
  readonly network: MemoryNetwork
  readonly nodes: readonly WorldNode[]
  readonly #folder: string

  private constructor(folder: string, options: WorldOptions) {
    this.#folder = folder
    const random = new SeededRandom(1)
    const clock = options.time ?? systemClock
    const signers = Array.from({ length: options.nodes }, () => sodiumEd25519.signerFromSeed(random.bytes(32)))
    const { network, peers } = createMemoryNetwork(clock, systemTimers, options.nodes, (index) => {
      const key = signers[index]?.publicKey ?? new Uint8Array(32)
      return { node: NodeId.fromBytes(key), operator: OperatorId.fromBytes(key) }
    })
    this.network = network
    this.nodes = peers.map((peer, index) => {
      const signer = signers[index] ?? sodiumEd25519.signerFromSeed(new Uint8Array(32))
      const sandbox = new FakeSandbox()
      const nodeFolder = join(folder, `node-${index}`)
      const service = createJobService(
        { folder: nodeFolder, slots: options.slots ?? 1, ...(index === 1 ? options.node1 : {}) },
        {
          network: peer,
          files: this.files,
          sandbox: options.sandbox ?? sandbox,
          signer,
          ed25519: sodiumEd25519,
          networkId: NETWORK_ID,
          clock,
          timers: options.time ?? systemTimers,
          random: new SeededRandom(100 + index),
          logger: silentLogger,
          escrow: (index === 0 ? options.escrow : undefined) ?? freeEscrow,
          earnings: (index === 1 ? options.earnings : undefined) ?? unpaidWork,
        },
      )
      return { id: peer.self, signer, peer, folder: nodeFolder, service, sandbox }
    })
  }

  static async open(options: WorldOptions): Promise<JobWorld> {
    return new JobWorld(await mkdtemp(join(tmpdir(), 'borgios-jobs-')), options)
  }

  /** The node of this index. */
  node(index: number): WorldNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`this world has no node ${index}`)
    return node
  }

  /** A spec whose program is in the store. */
  spec(fields: Partial<JobSpec> = {}): JobSpec {
    return { program: this.files.add('program'), args: [], env: {}, inputs: [], limits: defaultJobLimits, ...fields }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.service.stop()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}
