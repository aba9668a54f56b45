import { readFileSync } from 'node:fs'

/** Ticks of /proc a second: the same on all machines that run Node. */
const TICKS_PER_SECOND = 100

/** User and system time of a process from the text of /proc/PID/stat, in milliseconds. Its name may hold anything, so it is skipped. */
export function parseProcessCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
}

/**
 * CPU time of a sandbox from a moment on. Its control group counts all of it to the microsecond; without one /proc does for its only
 * process (seccomp allows no other), in steps of 10 ms, as long as that is there.
 */
export class CpuMeter {
  readonly #read: () => number
  readonly #baseMs: number
  #lastMs: number

  /** Counts from now. `groupCpuMs`: what a control group has counted so far; undefined where there is none. */
  constructor(pid: number, groupCpuMs: () => number | undefined) {
    this.#read = () => groupCpuMs() ?? parseProcessCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    this.#baseMs = this.#look(0)
    this.#lastMs = this.#baseMs
  }

  /** Takes a reading; the last one counts where no more can be had. */
  look(): void {
    this.#lastMs = Math.max(this.#lastMs, this.#look(this.#lastMs))
  }

  get usedMs(): number {
    return this.#lastMs - this.#baseMs
  }

  #look(otherwiseMs: number): number {
    try {
      const readMs = this.#read()
      return Number.isFinite(readMs) ? readMs : otherwiseMs
    } catch {
      return otherwiseMs
    }
  }
}
