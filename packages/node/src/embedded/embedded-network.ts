import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { formatCount, limits, type NodeId, type Timers } from '@borgios/core'
import type { NetworkView } from '@borgios/protocol'
import { tryLock } from '../adapters/index.ts'
import { findDaemon, nodeFolders } from '../client/find-daemon.ts'
import { embeddedNodeFolder, networkPaths, nodePaths } from '../config/data-folder.ts'
import { loadIdentity } from '../config/identity.ts'
import type { NetworkFile } from '../config/network-file.ts'
import { nodeConfigFile } from '../config/node-config.ts'
import { readPidFile } from '../daemon/pid-file.ts'
import { folderInUse, startTimeout } from '../errors.ts'
import { type StopOutcome, startNodeProcess, stopNodeProcess } from './node-process.ts'
import { configureNodes, type EmbeddedOptions, type PrepareModules, prepareNetwork } from './prepare-network.ts'
import { assertAnswering } from './silent-nodes.ts'

export interface EmbeddedModules extends PrepareModules {
  readonly timers: Timers
  /** Ends what was started, and nothing else. */
  readonly signal: AbortSignal
}

export interface UpResult {
  readonly view: NetworkView
  /** Numbers of the nodes that were started now; the others ran already. */
  readonly started: readonly number[]
  readonly nodes: number
}

/** Tells how far a start has come. */
export type UpProgress = (attached: number, nodes: number) => void

/**
 * Brings an embedded network up and resolves when all its nodes hang in one tree. What runs already is left alone. Throws
 * NODE_FOLDER_IN_USE while another `up` works on the folder, NODE_DAEMON_SILENT beside a frozen node, NODE_START_FAILED,
 * NODE_START_TIMEOUT, NODE_USAGE.
 */
export async function bringUp(
  options: EmbeddedOptions,
  modules: EmbeddedModules,
  onProgress: UpProgress,
): Promise<UpResult> {
  const lock = tryLock(networkPaths(options.folder).lock)
  if (lock === undefined) throw folderInUse(`another "up" is at work on ${options.folder}: wait for it`)
  try {
    const network = await prepareNetwork(options, modules)
    const running = await runningNodes(options.folder, network.nodes)
    await assertAnswering(options.folder, running, modules.timers, modules.signal)
    const started = range(network.nodes).filter((index) => !running.has(index))
    if (started.length > 0) onProgress(0, network.nodes)
    try {
      await startWherePlanned(options.folder, network, { running, started }, modules)
      const own = await nodesIn(options.folder, network.nodes, modules)
      const view = await untilWhole(options.folder, own, modules, onProgress)
      return { view, started, nodes: network.nodes }
    } catch (error) {
      if (modules.signal.aborted) await stopAll(options.folder, started, modules.timers)
      throw error
    }
  } finally {
    lock.release()
  }
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/**
 * Starts nodes on ports of which all others know. Another program may take one between its choice and its use, such as a second network
 * that starts at this moment: the node then listens elsewhere, where nobody looks for it, and all are started once more.
 */
async function startWherePlanned(
  folder: string,
  network: NetworkFile,
  { running, started }: { readonly running: ReadonlySet<number>; readonly started: readonly number[] },
  modules: EmbeddedModules,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await configureNodes(folder, network, running)
    const planned = await portsOf(folder, started)
    await startAll(folder, started, modules)
    if (isDeepStrictEqual(await portsOf(folder, started), planned) || attempt === limits.node.portAttempts) return
    await stopAll(folder, started, modules.timers)
  }
}

const portsOf = (folder: string, indexes: readonly number[]): Promise<readonly (number | undefined)[]> =>
  Promise.all(
    indexes.map(
      async (index) => (await nodeConfigFile.read(nodePaths(embeddedNodeFolder(folder, index)).config))?.port,
    ),
  )

/** Starts several at once; when one fails, the others are still brought to where they answer. */
async function startAll(
  folder: string,
  indexes: readonly number[],
  { timers, signal }: Pick<EmbeddedModules, 'timers' | 'signal'>,
): Promise<void> {
  const starting = indexes.map((index) => startNodeProcess(embeddedNodeFolder(folder, index), timers, signal))
  for (const outcome of await Promise.allSettled(starting)) if (outcome.status === 'rejected') throw outcome.reason
}

async function stopAll(folder: string, indexes: readonly number[], timers: Timers): Promise<void> {
  await Promise.all(indexes.map((index) => stopNodeProcess(embeddedNodeFolder(folder, index), timers)))
}

async function runningNodes(folder: string, nodes: number): Promise<ReadonlySet<number>> {
  const running = new Set<number>()
  for (const index of range(nodes)) {
    if ((await readPidFile(nodePaths(embeddedNodeFolder(folder, index)).pid)) !== undefined) running.add(index)
  }
  return running
}

/** Nodes of a view that hang in the tree of its root. */
function attachedCount(view: NetworkView): number {
  return view.nodes.filter((node) => node.state === 'attached').length
}

/** One root, everyone attached, and every parent knows its child. */
export function isWhole(view: NetworkView, nodes: number): boolean {
  const attached = view.nodes.filter((node) => node.state === 'attached')
  const byId = new Map(attached.map((node) => [node.id, node]))
  const hangs = attached.filter((node) => node.parent === null || byId.get(node.parent)?.children.includes(node.id))
  const roots = attached.filter((node) => node.parent === null)
  return attached.length === nodes && hangs.length === nodes && roots.length === 1
}

/** Which nodes a folder holds: others may have joined its network. */
async function nodesIn(folder: string, nodes: number, modules: PrepareModules): Promise<ReadonlySet<NodeId>> {
  const own = range(nodes).map((index) => loadIdentity(nodePaths(embeddedNodeFolder(folder, index)), modules))
  return new Set((await Promise.all(own)).map(({ node }) => node))
}

/** Waits until these nodes hang in one tree, with all that are there. Throws NODE_START_TIMEOUT. */
async function untilWhole(
  folder: string,
  own: ReadonlySet<NodeId>,
  { timers, signal }: Pick<EmbeddedModules, 'timers' | 'signal'>,
  onProgress: UpProgress,
): Promise<NetworkView> {
  let attached = 0
  let isLate = false
  const cancel = timers.after(limits.node.startTimeoutMs, () => {
    isLate = true
  })
  while (!isLate) {
    const view = await (await findDaemon(folder, timers, signal)).network()
    attached = view.nodes.filter(({ id, state }) => state === 'attached' && own.has(id)).length
    onProgress(attached, own.size)
    if (attached === own.size && isWhole(view, attachedCount(view))) {
      cancel()
      return view
    }
    await timers.sleep(limits.node.pollMs, signal)
  }
  throw startTimeout(
    `${attached} of ${formatCount(own.size, 'node')} found their place in ${limits.node.startTimeoutMs / 1000} s. "borgios net tree" shows which do not`,
  )
}

/** Stops every daemon under a data folder. */
export async function takeDown(folder: string, timers: Timers): Promise<ReadonlyMap<string, StopOutcome>> {
  const folders = await nodeFolders(folder)
  const outcomes = await Promise.all(folders.map((node) => stopNodeProcess(node, timers)))
  return new Map(folders.map((node, index) => [basename(node), outcomes[index] ?? 'not running']))
}
