import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { type CancelTimer, type Logger, limits, messageOf, type Timers } from '@borgios/core'

/**
 * Sets a log file aside (`.1` is the newest) when it has grown too large; the oldest one goes. Whoever has the file open for appending
 * goes on writing to it: it is copied and emptied, in one turn, so that no line of this process is lost.
 */
export function rotateLog(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.size < limits.node.maxLogBytes) return
  rmSync(`${path}.${limits.node.keptLogs}`, { force: true })
  for (let age = limits.node.keptLogs - 1; age >= 1; age -= 1) {
    const older = `${path}.${age}`
    if (statSync(older, { throwIfNoEntry: false }) !== undefined) renameSync(older, `${path}.${age + 1}`)
  }
  copyFileSync(path, `${path}.1`)
  truncateSync(path)
}

/** Looks after log files until it is cancelled. */
export function keepLogsSmall(paths: readonly string[], timers: Timers, logger: Logger): CancelTimer {
  const look = (): void => {
    try {
      for (const path of paths) rotateLog(path)
    } catch (error) {
      logger.warn('a log file could not be set aside', { why: messageOf(error) })
    }
    cancel = timers.after(limits.node.logCheckMs, look)
  }
  let cancel = timers.after(limits.node.logCheckMs, look)
  return () => cancel()
}
