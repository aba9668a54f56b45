import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { daemonEnvironment } from './environment.ts'

/** A process, told apart from a later one with the same number by the moment it began. */
export interface ProcessMark {
  readonly pid: number
  /** Boot id and start time in clock ticks since boot, from /proc. */
  readonly born: string
}

/** The mark of a live process; undefined when there is none (a zombie counts as none). */
export function markOf(pid: number): ProcessMark | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything: fields are counted from the last closing one (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined
    return { pid, born: `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${startTicks}` }
  } catch {
    return undefined
  }
}

export const isAlive = (mark: ProcessMark): boolean => markOf(mark.pid)?.born === mark.born

/** Signals exactly this process; false when it is no more. */
export function signalProcess(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isAlive(mark)) return false
  try {
    return process.kill(mark.pid, signal)
  } catch {
    return false
  }
}

/** For memory and for CPU time, measured with files that pass through: ADR 0046. */
const DAEMON_FLAGS = ['--max-semi-space-size=1', '--no-incremental-marking', '--heap-growing-percent=150']

/** Starts this very program again as a process of its own that outlives us; what it prints goes to the end of a file (0600). */
export function spawnDetached(program: string, args: readonly string[], outputPath: string): ChildProcess {
  const output = openSync(outputPath, 'a', 0o600)
  try {
    const child = spawn(process.execPath, [...DAEMON_FLAGS, program, ...args], {
      detached: true,
      stdio: ['ignore', output, output],
      env: daemonEnvironment(),
      cwd: '/',
    })
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/** CPU time of this process so far, in milliseconds. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

export const rssBytes = (): number => process.memoryUsage.rss()
