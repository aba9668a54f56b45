import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { decodeBase64Url, formatBytes, limits, MIB, messageOf, type NodeId } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { nobleEd25519 } from '@borgios/crypto'
import type { FileInfoView, NetworkView, PutView, SupplyView } from '@borgios/protocol'
import { isAlive, signalProcess } from '../adapters/index.ts'
import { type EarnReport, gatherEarnings } from '../cli/commands/earn-report.ts'
import type { CliContext } from '../cli/context.ts'
import { DaemonClient } from '../client/daemon-client.ts'
import { nodeFolders } from '../client/find-daemon.ts'
import { networkPaths, nodePaths } from '../config/data-folder.ts'
import { networkFile } from '../config/network-file.ts'
import { readPidFile } from '../daemon/pid-file.ts'
import { bringUp, isWhole, type UpProgress } from '../embedded/embedded-network.ts'
import { startNodeProcess } from '../embedded/node-process.ts'
import { tourFailed } from '../errors.ts'

type Report = (text: string) => void

export interface CountedJob {
  readonly node: NodeId
  readonly exitCode: number | null
  readonly why: string
  /** The JSON object the program printed. */
  readonly answer: object
}

/** The embedded network of the tour: the handles its steps pull. */
export class TourNetwork {
  readonly #context: CliContext
  readonly #folders = new Map<NodeId, string>()
  #daemon: DaemonClient | undefined
  #requester: NodeId | undefined

  constructor(context: CliContext) {
    this.#context = context
  }

  /** The node that is asked for everything; never the root. */
  get requester(): NodeId {
    if (this.#requester === undefined) throw tourFailed('the network is not up yet')
    return this.#requester
  }

  async up(atLeast: number, onProgress: UpProgress): Promise<NetworkView> {
    const { dataFolder: folder, clock, timers, signal } = this.#context
    const before = await networkFile.read(networkPaths(folder).network)
    const nodes = Math.max(atLeast, before?.nodes ?? 0)
    const modules = { clock, timers, signal, random: systemRandom, ed25519: nobleEd25519 }
    const { view } = await bringUp({ folder, nodes, degree: undefined, host: undefined }, modules, onProgress)
    for (const node of await nodeFolders(folder)) {
      const client = new DaemonClient(nodePaths(node).socket, timers, signal)
      const { self } = await client.status()
      this.#folders.set(self.node, node)
      if (self.node === view.root || this.#daemon !== undefined) continue
      this.#daemon = client
      this.#requester = self.node
    }
    return view
  }

  view = (): Promise<NetworkView> => this.#client().network()

  /** Height of the last final block. */
  height = async (): Promise<number> => (await this.#client().ledgerStatus()).height

  /** Counts every record of the ledger. */
  supply = (): Promise<SupplyView> => this.#client().ledgerSupply()

  /** What was earned and spent after a height, once nothing is set aside for a job any more and all nodes have heard of it. */
  async settledEarnings(sinceHeight: number): Promise<EarnReport> {
    const { clock, timers, signal } = this.#context
    const startMs = clock.monotonicMs()
    for (;;) {
      const report = await gatherEarnings(this.#context, sinceHeight)
      const { wallet, nodes } = report
      const isOpen = wallet.lines.some(({ bill }) => bill !== null && bill.setAside !== '0')
      const lastHeight = Math.max(0, ...wallet.lines.map(({ toHeight }) => toHeight))
      const isHeard = nodes.length === this.#folders.size && nodes.every(({ height }) => height >= lastHeight)
      if (!isOpen && isHeard) return report
      if (clock.monotonicMs() - startMs > limits.node.finalWaitMs) throw tourFailed('money stays set aside for the job')
      await timers.sleep(limits.node.pollMs, signal)
    }
  }

  async put(path: string, report: Report): Promise<PutView> {
    const { size } = await stat(path).catch((cause) => {
      throw tourFailed(`${path} is missing: run "npm run setup"`, { cause })
    })
    const source = createReadStream(path, { highWaterMark: MIB })
    for await (const event of this.#client().put(source, { name: basename(path), bytes: size })) {
      if (event.event === 'progress') report(`${formatBytes(event.doneBytes)} of ${formatBytes(size)}`)
      if (event.event === 'put') return event.put
    }
    throw tourFailed('the file was not stored')
  }

  async *get(capability: string, report: Report): AsyncGenerator<Uint8Array> {
    const file = await this.#client().open(capability)
    let done = 0
    for await (const part of file.content) {
      done += part.length
      report(`${formatBytes(done)} of ${formatBytes(file.bytes)}`)
      yield part
    }
  }

  async info(capability: string, verify: boolean): Promise<FileInfoView> {
    for await (const event of this.#client().info(capability, verify)) if (event.event === 'info') return event.info
    throw tourFailed('the network does not say how the file is kept')
  }

  /** Kills a node as by pulling its plug. Resolves with its pid once it is gone. */
  async kill(node: NodeId): Promise<number> {
    const mark = await readPidFile(nodePaths(this.#folder(node)).pid)
    if (mark === undefined || !signalProcess(mark, 'SIGKILL')) throw tourFailed(`${node} has no process to kill`)
    for (let waitedMs = 0; isAlive(mark); waitedMs += limits.node.pollMs) {
      if (waitedMs > limits.node.stopTimeoutMs) throw tourFailed(`process ${mark.pid} does not die`)
      await this.#context.timers.sleep(limits.node.pollMs)
    }
    return mark.pid
  }

  async restart(node: NodeId): Promise<void> {
    await startNodeProcess(this.#folder(node), this.#context.timers, this.#context.signal)
  }

  /** Runs the counting program over a file and returns what it printed. */
  async count(program: string, file: string, report: Report): Promise<CountedJob> {
    const job = { name: 'wordcount', program, args: ['file'], env: {}, inputs: [{ name: 'file', capability: file }] }
    let printed = ''
    for await (const event of this.#client().run({ ...job, limits: {}, node: null, detach: false })) {
      if (event.event === 'state') report(event.state)
      if (event.event === 'restart') printed = ''
      if (event.event === 'log' && event.stream === 'stdout') {
        printed += Buffer.from(decodeBase64Url(event.data) ?? []).toString('utf8')
      }
      if (event.event !== 'job') continue
      const { node, exitCode, why } = event.job
      if (node === null) throw tourFailed(`the job found no node: ${why}`)
      return { node, exitCode, why, answer: exitCode === 0 ? parseAnswer(printed) : {} }
    }
    throw tourFailed('the network does not say what became of the job')
  }

  /** Waits until all nodes hang in one tree and every shard of the files was read back from disk. */
  async untilHealed(nodes: number, capabilities: readonly string[], report: Report): Promise<void> {
    const { clock, timers, signal } = this.#context
    const startMs = clock.monotonicMs()
    for (;;) {
      const view = await this.view()
      const attached = view.nodes.filter((node) => node.state === 'attached').length
      const files = await Promise.all(capabilities.map((capability) => this.info(capability, true)))
      const missing = files.reduce((sum, file) => sum + file.shards - file.presentShards, 0)
      if (isWhole(view, Math.max(nodes, this.#folders.size)) && missing === 0) return
      const state = `${attached} of ${view.nodes.length} nodes in the tree, ${missing} shards missing`
      report(state)
      if (clock.monotonicMs() - startMs > limits.node.healTimeoutMs)
        throw tourFailed(`the network did not heal: ${state}`)
      await timers.sleep(limits.node.pollMs, signal)
    }
  }

  #folder(node: NodeId): string {
    const folder = this.#folders.get(node)
    if (folder === undefined) throw tourFailed(`${node} is no node of ${this.#context.dataFolder}`)
    return folder
  }

  #client(): DaemonClient {
    if (this.#daemon === undefined) throw tourFailed('the network is not up yet')
    return this.#daemon
  }
}

function parseAnswer(printed: string): object {
  try {
    const value: unknown = JSON.parse(printed)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw tourFailed(`the job printed no JSON: ${messageOf(error)}`)
  }
  throw tourFailed('the job printed no object')
}
