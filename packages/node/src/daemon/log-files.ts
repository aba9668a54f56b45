import { rename, rm, stat } from 'node:fs/promises'
import { limits } from '@borgios/core'

/** Sets a log file aside (`.1` is the newest) when it has grown too large; the oldest one goes. For the start of a daemon. */
export async function rotateLog(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || found.size < limits.node.maxLogBytes) return
  await rm(`${path}.${limits.node.keptLogs}`, { force: true })
  for (let age = limits.node.keptLogs - 1; age >= 1; age -= 1) {
    await rename(`${path}.${age}`, `${path}.${age + 1}`).catch(() => {})
  }
  await rename(path, `${path}.1`)
}
