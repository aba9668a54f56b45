import { type Logger, messageOf } from '@borgios/core'
import { systemClock, systemRandom, systemTimers } from '@borgios/core/adapters'
import { sodiumEd25519 } from '@borgios/crypto/native'
import { startNodeDaemon } from './node-daemon.ts'
import { openRooms } from './open-rooms.ts'

/** Runs a node in this process until the signal aborts. */
export async function runForeground(folder: string, signal: AbortSignal): Promise<void> {
  // Keys, sockets and shards of this process are nobody else's.
  process.umask(0o077)
  const ports = { clock: systemClock, timers: systemTimers, random: systemRandom, ed25519: sodiumEd25519 }
  const daemon = await startNodeDaemon({ folder }, { ...ports, openRooms })
  dieLoudly(daemon.services.context.logger)
  await systemTimers.sleep(2 ** 31 - 1, signal).catch(() => {})
  await daemon.stop()
  // A room that could not stop in time must not keep the process.
  process.exit(0)
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
