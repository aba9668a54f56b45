import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isBorgError, type Timers } from '@borgios/core'
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

/** A client of the first node under a data folder whose daemon answers. Throws NODE_NOT_RUNNING, or NODE_DAEMON_SILENT if one is frozen. */
export async function findDaemon(folder: string, timers: Timers, signal?: AbortSignal): Promise<DaemonClient> {
  let silent: unknown
  for (const node of await nodeFolders(folder)) {
    const client = new DaemonClient(nodePaths(node).socket, timers, signal)
    try {
      await client.ping()
      return client
    } catch (error) {
      if (isBorgError(error) && error.code === 'NODE_DAEMON_SILENT') silent = error
    }
  }
  throw silent ?? nothingRuns(`nothing runs here: start it with "borgios up --data ${folder}"`)
}
