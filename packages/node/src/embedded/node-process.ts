import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type BorgError, limits, messageOf, type Timers } from '@borgios/core'
import { ErrorAnswerSchema } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { isAlive, signalProcess, spawnDetached } from '../adapters/index.ts'
import { DaemonClient } from '../client/daemon-client.ts'
import { readBounded } from '../config/checked-file.ts'
import { nodePaths } from '../config/data-folder.ts'
import { errorFromView } from '../daemon/error-view.ts'
import { rotateLog } from '../daemon/log-files.ts'
import { readPidFile } from '../daemon/pid-file.ts'
import { startFailed, startTimeout } from '../errors.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/borgios.mjs', import.meta.url))

/**
 * Starts the daemon of a node's folder as a process of its own and resolves with its pid once its socket answers. When the signal
 * aborts before, the process is ended and the signal's reason thrown.
 */
export async function startNodeProcess(folder: string, timers: Timers, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted()
  const paths = nodePaths(folder)
  rotateLog(paths.output)
  const before = await sizeOf(paths.output)
  const child = spawnDetached(PROGRAM, ['node', 'start', '--foreground', '--json', '--data', folder], paths.output)
  const stop = new AbortController()
  try {
    await Promise.race([
      untilEnd(child, folder, before, stop.signal),
      untilAnswer(folder, timers, stop.signal),
      untilStopped(signal, stop.signal),
    ])
  } catch (error) {
    await end(child)
    throw error
  } finally {
    stop.abort()
  }
  return child.pid ?? 0
}

/** Kills a process that is not up in time, and waits until it is gone. */
async function end(child: ChildProcess): Promise<void> {
  child.ref()
  if (child.kill('SIGKILL')) await once(child, 'exit')
}

async function untilAnswer(folder: string, timers: Timers, signal: AbortSignal): Promise<void> {
  const client = new DaemonClient(nodePaths(folder).socket, timers, signal)
  let isLate = false
  const cancel = timers.after(limits.node.startTimeoutMs, () => {
    isLate = true
  })
  while (!isLate) {
    const answers = await client.ping().then(
      () => true,
      () => false,
    )
    if (answers || signal.aborted) return cancel()
    await timers.sleep(limits.node.pollMs, signal).catch(() => {})
  }
  throw startTimeout(`the node in ${folder} does not answer. Look at ${nodePaths(folder).log}`)
}

async function untilStopped(signal: AbortSignal, done: AbortSignal): Promise<void> {
  await once(signal, 'abort', { signal: done })
  throw signal.reason
}

/** Rejects when the process ends or cannot begin, with the error it ended with or the last thing it said. */
async function untilEnd(child: ChildProcess, folder: string, before: number, signal: AbortSignal): Promise<void> {
  try {
    await once(child, 'exit', { signal })
  } catch (cause) {
    if (signal.aborted) return
    throw startFailed(`no process could be started for ${folder}: ${messageOf(cause)}`, { cause })
  }
  const { output, log } = nodePaths(folder)
  const said = (await readBounded(output, Number.MAX_SAFE_INTEGER))?.subarray(before).toString('utf8').trim()
  const lastLine = said?.split('\n').at(-1) ?? ''
  throw errorOfLine(lastLine) ?? startFailed(`the node in ${folder} ended while starting: ${lastLine || `see ${log}`}`)
}

/** The error a process printed as its last line; undefined when it printed something else. */
function errorOfLine(line: string): BorgError | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Compile(ErrorAnswerSchema).Check(value) ? errorFromView(value.error) : undefined
  } catch {
    return undefined
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    (found) => found.size,
    () => 0,
  )

export type StopOutcome = 'stopped' | 'killed' | 'not running'

/** Ends the daemon of a node's folder: asks, waits, then kills. Never touches a process that is not that daemon. */
export async function stopNodeProcess(folder: string, timers: Timers): Promise<StopOutcome> {
  const mark = await readPidFile(nodePaths(folder).pid)
  if (mark === undefined || !signalProcess(mark, 'SIGTERM')) return 'not running'
  // A frozen process would not see it.
  signalProcess(mark, 'SIGCONT')
  for (let waitedMs = 0; waitedMs < limits.node.stopTimeoutMs; waitedMs += limits.node.pollMs) {
    await timers.sleep(limits.node.pollMs)
    if (!isAlive(mark)) return 'stopped'
  }
  signalProcess(mark, 'SIGKILL')
  for (let waitedMs = 0; isAlive(mark) && waitedMs < limits.node.stopTimeoutMs; waitedMs += limits.node.pollMs) {
    await timers.sleep(limits.node.pollMs)
  }
  return 'killed'
}
