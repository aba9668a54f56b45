import { formatBytes, formatDuration, limits } from '@borgios/core'
import type { JobLimits } from '../job.ts'
import { wasmMemoryBytes } from './bubblewrap-command.ts'
import type { RunnerReport } from './runner-frames.ts'
import type { SandboxReport } from './sandbox.ts'
import type { Excess } from './watch.ts'

/** A report without what it took. */
export type Verdict = Omit<SandboxReport, 'wallTimeMs' | 'cpuMs'>
export type EndedReport = Extract<RunnerReport, { type: 'ended' }>

/** As `timeout` of coreutils has it. */
const EXIT_TIME = 124
/** 128 + SIGKILL, as the kernel's own killer leaves it. */
const EXIT_MEMORY = 137
/** 128 + SIGABRT. */
const EXIT_TRAP = 134

export const stoppedVerdict: Verdict = { end: 'stopped', exitCode: undefined, why: 'The job was stopped.' }

export const timeVerdict = (jobLimits: JobLimits): Verdict => ({
  end: 'time',
  exitCode: EXIT_TIME,
  why: `The program ran longer than its time limit of ${formatDuration(jobLimits.wallTimeMs)} and was ended. Allow it more time, or give it less to do.`,
})

export const memoryVerdict = (jobLimits: JobLimits): Verdict => ({
  end: 'memory',
  exitCode: EXIT_MEMORY,
  why: `The program ran out of memory: of the job's ${formatBytes(jobLimits.memoryBytes)} it may use ${formatBytes(wasmMemoryBytes(jobLimits))} itself. Raise the memory limit or use less.`,
})

export function excessVerdict(excess: Excess, jobLimits: JobLimits): Verdict {
  if (excess === 'memory') return memoryVerdict(jobLimits)
  if (excess === 'files') return outputVerdict(undefined, 'more files', jobLimits)
  const why = `The job started more than ${limits.compute.maxThreads} threads and was ended.`
  return { end: 'trapped', exitCode: EXIT_TRAP, why }
}

const outputVerdict = (exitCode: number | undefined, found: string, jobLimits: JobLimits): Verdict => ({
  end: 'output',
  exitCode,
  why: `The program left ${found} under /out; the limits are ${limits.compute.maxOutputFiles} files and ${formatBytes(jobLimits.outputBytes)}. Nothing was stored. Raise the output limit or write less.`,
})

/** Set if the outputs a program left are more than the job may store. */
export function tooMuchOutput(ended: EndedReport, jobLimits: JobLimits): Verdict | undefined {
  const fits = ended.outputBytes <= jobLimits.outputBytes && ended.outputFiles <= limits.compute.maxOutputFiles
  if (fits) return undefined
  return outputVerdict(ended.exitCode, `${ended.outputFiles} files of ${formatBytes(ended.outputBytes)}`, jobLimits)
}

/** A program that ended by itself: what it and the runner left to say. */
export function endedVerdict(ended: EndedReport, jobLimits: JobLimits): Verdict {
  const notes = [
    ...(ended.outputFull ? [`It filled /out: the output limit is ${formatBytes(jobLimits.outputBytes)}.`] : []),
    ...(ended.otherEntries > 0
      ? [`${ended.otherEntries} entries under /out are no files or have too long a name, and were not stored.`]
      : []),
  ]
  const sentence = (why: string): string => [why, ...notes].join(' ')
  const { end, exitCode } = ended
  if (end === 'unusable') {
    const why = `The program is no WASI preview 1 command: ${ended.why}. Build it for wasm32-wasi (wasip1) as a command.`
    return { end, exitCode: undefined, why }
  }
  if (end === 'memory') return { ...memoryVerdict(jobLimits), why: sentence(memoryVerdict(jobLimits).why) }
  if (end === 'trapped') {
    const why = `The program trapped: ${ended.why}. stderr says where.`
    return { end, exitCode: EXIT_TRAP, why: sentence(why) }
  }
  const why = exitCode === 0 ? 'The program ended by itself.' : `The program ended with exit code ${exitCode}.`
  return { end, exitCode, why: sentence(why) }
}

/** A runner that died while the program ran: V8 says on stderr when it ran out of memory. */
export const crashVerdict = (stderr: string, jobLimits: JobLimits): Verdict =>
  /out of memory|allocation failed/i.test(stderr)
    ? memoryVerdict(jobLimits)
    : { end: 'trapped', exitCode: EXIT_TRAP, why: 'The program crashed its runtime. stderr may say more.' }
