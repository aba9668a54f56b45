import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { nobleEd25519 } from '@borgios/crypto'
import type { JobSubmission } from '@borgios/protocol'
import { DaemonClient } from '../src/client/daemon-client.ts'
import { embeddedNodeFolder, nodePaths } from '../src/config/data-folder.ts'
import { type NodeDaemon, startNodeDaemon } from '../src/daemon/node-daemon.ts'
import { configureNodes, prepareNetwork } from '../src/embedded/prepare-network.ts'
import { MemoryWorld } from './memory-rooms.ts'

const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, ed25519: nobleEd25519 }

/** A temporary folder that goes with the fixture. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'borgios-node-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export interface NodeFixture extends AsyncDisposable {
  /** Of the embedded network. */
  readonly folder: string
  readonly world: MemoryWorld
  readonly daemons: readonly NodeDaemon[]
  client(index: number): DaemonClient
  /** Starts a node's daemon once more. */
  start(index: number): Promise<NodeDaemon>
}

/** An embedded network whose daemons run in this process, over rooms in memory. */
export async function openNodes(count: number, below = '', keepsLedger = false): Promise<NodeFixture> {
  const temporary = await temporaryFolder()
  const folder = join(temporary.path, below)
  const options = { folder, nodes: count, degree: undefined, host: undefined }
  await configureNodes(folder, await prepareNetwork(options, ports), new Set())
  const world = new MemoryWorld()
  world.keepsLedger = keepsLedger
  const daemons: NodeDaemon[] = []
  const start = async (index: number): Promise<NodeDaemon> => {
    const modules = { ...ports, openRooms: world.open, logger: silentLogger }
    const daemon = await startNodeDaemon({ folder: embeddedNodeFolder(folder, index) }, modules)
    daemons.push(daemon)
    return daemon
  }
  for (let index = 1; index <= count; index += 1) await start(index)
  return {
    folder,
    world,
    daemons,
    client: (index) => new DaemonClient(nodePaths(embeddedNodeFolder(folder, index)).socket, systemTimers),
    start,
    async [Symbol.asyncDispose]() {
      for (const daemon of daemons) await daemon.stop()
      await temporary[Symbol.asyncDispose]()
    },
  }
}

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

export const job: JobSubmission = {
  name: 'count',
  program: 'borgios-file-1-x',
  args: ['a'],
  env: {},
  inputs: [],
  limits: {},
  node: null,
  detach: false,
}
