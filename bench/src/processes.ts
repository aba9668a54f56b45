import { readFile } from 'node:fs/promises'

/** USER_HZ: the unit of /proc/<pid>/stat, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

/** CPU seconds (user and system) a process has used so far, its waited-for children not included. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export async function totalCpuSeconds(pids: readonly number[]): Promise<number> {
  const seconds = await Promise.all(pids.map(cpuSecondsOf))
  return seconds.reduce((sum, value) => sum + value, 0)
}

/** The most memory a process ever had resident (VmHWM). */
export async function peakResidentBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`no VmHWM for process ${pid}`)
  return Number(kibibytes) * 1024
}
