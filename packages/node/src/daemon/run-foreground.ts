import { isBorgError, type Logger, limits, messageOf } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { pickPort } from '../adapters/index.ts'
import { nodePaths } from '../config/data-folder.ts'
import { type NodeConfig, nodeConfigFile } from '../config/node-config.ts'
import { type NodeDaemon, type NodeDaemonModules, startNodeDaemon } from './node-daemon.ts'
import { openRooms } from './open-rooms.ts'
import { untilAborted } from './until-aborted.ts'

/** Runs a node in this process until the signal aborts. */
export async function runForeground(folder: string, signal: AbortSignal): Promise<void> {
  // Keys, sockets and shards of this process are nobody else's.
  process.umask(0o077)
  endInTime(signal)
  const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, ed25519: sodiumEd25519 }
  const daemon = await startOnFreePort(folder, { ...ports, openRooms })
  dieLoudly(daemon.services.context.logger)
  await untilAborted(signal, systemTimers)
  await daemon.stop()
  // A room that could not stop in time must not keep the process.
  process.exit(0)
}

/** Whatever still hangs by then, a node that is coming up included, is left to the end of the process. */
function endInTime(signal: AbortSignal): void {
  const end = (): void => {
    systemTimers.after(limits.node.stopTimeoutMs, () => {
      process.stderr.write('borgios: stopping took too long and was cut short\n')
      process.exit(1)
    })
  }
  signal.addEventListener('abort', end, { once: true })
}

/** Starts the daemon; while another program is quicker to take its port, on another one. */
async function startOnFreePort(folder: string, modules: NodeDaemonModules): Promise<NodeDaemon> {
  const { config: path } = nodePaths(folder)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startNodeDaemon({ folder }, modules)
    } catch (error) {
      const config: NodeConfig | undefined = await nodeConfigFile.read(path)
      const isPortTaken = isBorgError(error) && error.code === 'PEERTREE_LISTEN_FAILED'
      if (!isPortTaken || config === undefined || config.isPortFixed || attempt === limits.node.portAttempts)
        throw error
      const port = await pickPort(config.host, config.port, 1, new Set([config.port]))
      await nodeConfigFile.write(path, { ...config, port })
    }
  }
}

/** A bug is written to the log and to stderr, and ends the process. */
function dieLoudly(logger: Logger): void {
  const die = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined
    logger.error('the node ends because of a bug', { why: messageOf(error), stack })
    process.stderr.write(`borgios: a bug ended this node: ${stack ?? messageOf(error)}\n`)
    process.exit(1)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
}
