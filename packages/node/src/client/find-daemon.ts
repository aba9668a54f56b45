import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, isBorgError, limits, type Timers } from '@borgios/core'
import { networkPaths, nodePaths } from '../config/data-folder.ts'
import { nothingRuns } from '../errors.ts'
import { DaemonClient } from './daemon-client.ts'

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

export const isNetworkFolder = (folder: string): Promise<boolean> => isThere(networkPaths(folder).network)

/** The folders of a network's nodes in the order of their numbers; of a single node's folder, that one. */
export async function nodeFolders(folder: string): Promise<readonly string[]> {
  if (!(await isNetworkFolder(folder))) return (await isThere(nodePaths(folder).config)) ? [folder] : []
  const { nodes } = networkPaths(folder)
  const names = (await readdir(nodes).catch(() => [])).filter((name) => /^[1-9]\d{0,4}$/.test(name))
  return names.sort((left, right) => Number(left) - Number(right)).map((name) => join(nodes, name))
}

/**
 * A client of the first node under a data folder whose daemon answers: all are asked at once, and once one has answered the ones before it
 * have a moment more. Throws NODE_NOT_RUNNING, or NODE_DAEMON_SILENT if one is frozen.
 */
export async function findDaemon(folder: string, timers: Timers, signal?: AbortSignal): Promise<DaemonClient> {
  const folders = await nodeFolders(folder)
  const answered: (DaemonClient | undefined)[] = []
  const chosen = new AbortController()
  const searching = signal === undefined ? chosen.signal : AbortSignal.any([signal, chosen.signal])
  const asking = folders.map(async (node, index) => {
    const { socket } = nodePaths(node)
    await new DaemonClient(socket, timers, searching).ping()
    answered[index] = new DaemonClient(socket, timers, signal)
  })
  try {
    return await firstOf(asking, answered, timers)
  } catch (error) {
    signal?.throwIfAborted()
    throw silentOf(error) ?? nothingRuns(`nothing runs here: start it with ${await remedyFor(folder)}`)
  } finally {
    // A frozen daemon would keep the caller's process waiting for it.
    chosen.abort()
  }
}

async function remedyFor(folder: string): Promise<string> {
  const paths = nodePaths(folder)
  if (await isNetworkFolder(folder)) return '"borgios up"'
  if ((await isThere(paths.config)) || (await isThere(paths.genesis))) return '"borgios node start"'
  return (await isThere(paths.operatorKey)) ? '"borgios node start --invitation FILE"' : '"borgios up"'
}

async function firstOf(
  asking: readonly Promise<void>[],
  answered: readonly (DaemonClient | undefined)[],
  timers: Timers,
): Promise<DaemonClient> {
  await Promise.any(asking)
  if (answered[0] === undefined) {
    const moment = new AbortController()
    const rest = Promise.allSettled(asking).finally(() => moment.abort())
    await Promise.race([rest, timers.sleep(limits.node.choiceMs, moment.signal).catch(() => {})])
  }
  const first = answered.find((client) => client !== undefined)
  assert(first !== undefined, 'one daemon has answered')
  return first
}

/** What a frozen daemon among those asked is told by. */
const silentOf = (error: unknown): unknown =>
  error instanceof AggregateError
    ? error.errors.find((one) => isBorgError(one) && one.code === 'NODE_DAEMON_SILENT')
    : undefined
