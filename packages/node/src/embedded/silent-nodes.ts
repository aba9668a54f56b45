import { isBorgError, type Timers } from '@borgios/core'
import { DaemonClient } from '../client/daemon-client.ts'
import { embeddedNodeFolder, nodePaths } from '../config/data-folder.ts'
import { readPidFile } from '../daemon/pid-file.ts'
import { daemonSilent } from '../errors.ts'

/**
 * Asks the daemons of these nodes for a sign of life. One that takes the connection and then says nothing is frozen; one that does not
 * listen may be starting. Throws NODE_DAEMON_SILENT, which names the frozen ones.
 */
export async function assertAnswering(
  folder: string,
  indexes: Iterable<number>,
  timers: Timers,
  signal: AbortSignal,
): Promise<void> {
  const asking = [...indexes].map(async (index) => {
    const paths = nodePaths(embeddedNodeFolder(folder, index))
    const isSilent = await new DaemonClient(paths.socket, timers, signal).ping().then(
      () => false,
      (error) => isBorgError(error) && error.code === 'NODE_DAEMON_SILENT',
    )
    const mark = isSilent ? await readPidFile(paths.pid) : undefined
    return mark === undefined ? [] : [{ index, pid: mark.pid }]
  })
  const silent = (await Promise.all(asking)).flat()
  signal.throwIfAborted()
  if (silent.length === 0) return
  const who = silent.map(({ index, pid }) => `node ${index} (process ${pid})`).join(', ')
  throw daemonSilent(
    `${who} runs but does not answer: is it stopped? Let it go on with "kill -CONT ${silent.map(({ pid }) => pid).join(' ')}", ` +
      'or end the network with "borgios down" and bring it up again',
    { meta: { pids: silent.map(({ pid }) => String(pid)) } },
  )
}
