import { readFile, statfs } from 'node:fs/promises'
import { limits, type Timers } from '@borgios/core'

/** What a sandboxed process uses, as the kernel says. */
export interface ProcessUse {
  /** Memory it holds for itself: the pages of the Node binary and its libraries are not counted. */
  readonly memoryBytes: number
  readonly threads: number
}

const field = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)

/** Reads the text of /proc/PID/status. */
export const parseStatus = (status: string): ProcessUse => ({
  memoryBytes: (field(status, 'RssAnon') + field(status, 'RssShmem') + field(status, 'VmSwap')) * 1024,
  threads: field(status, 'Threads'),
})

/** What a sandbox used more of than it may. */
export type Excess = 'memory' | 'threads' | 'files'

/** The runner refuses new files at the limit already; only one that was taken over gets beyond it. */
const RUNNER_MARGIN_ENTRIES = 16

/**
 * Looks at a sandbox every `limits.compute.watchMs` until `signal` aborts or its process is gone, and says once what went beyond
 * its limit. A second fence: the first stand inside (V8's limits, the runner) and in the kernel (control groups, size of /out).
 */
export async function watchProcess(
  pid: number,
  memoryBytes: number,
  timers: Timers,
  signal: AbortSignal,
  look = lookAt,
): Promise<Excess | undefined> {
  while (!signal.aborted) {
    try {
      const use = await look(pid)
      if (use.memoryBytes > memoryBytes) return 'memory'
      if (use.threads > limits.compute.maxThreads) return 'threads'
      if (use.outputEntries > limits.compute.maxOutputFiles + RUNNER_MARGIN_ENTRIES) return 'files'
    } catch (error) {
      // Anything else, such as too many open files here, passes: the fence stays up.
      if (isGone(error)) return undefined
    }
    await timers.sleep(limits.compute.watchMs, signal).catch(() => {})
  }
  return undefined
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')

/** What a sandbox uses right now. Throws ENOENT or ESRCH when its process is gone. */
export async function lookAt(pid: number): Promise<ProcessUse & { readonly outputEntries: number }> {
  const use = parseStatus(await readFile(`/proc/${pid}/status`, 'utf8'))
  return { ...use, outputEntries: await outputEntries(pid) }
}

/** Entries in use on the file system of the sandbox's /out; 0 where the kernel does not let us look. */
async function outputEntries(pid: number): Promise<number> {
  try {
    const { files, ffree } = await statfs(`/proc/${pid}/root/out`)
    return files - ffree
  } catch {
    return 0
  }
}
