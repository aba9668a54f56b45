import { formatBytes, formatDuration, limits, MIB } from '@borgios/core'
import type { JobReceipt, JobUsage } from '@borgios/protocol'
import type { JobLimits } from './job.ts'

/**
 * A job's memory is what it may use, for as long as it runs: the node keeps that free for it, both sides come to the same number, and the
 * price is known before. What it really touches only its node could say.
 */
export const memoryMibMs = ({ memoryBytes }: JobLimits, wallTimeMs: number): number =>
  Math.ceil(memoryBytes / MIB) * wallTimeMs

/** What a job can use at most by its limits. `inputBytes`: of program and inputs, if somebody knows. */
export const mostUsage = (jobLimits: JobLimits, inputBytes: number = limits.compute.maxInputBytes): JobUsage => ({
  cpuMs: jobLimits.wallTimeMs * limits.compute.jobCpus,
  memoryMibMs: memoryMibMs(jobLimits, jobLimits.wallTimeMs),
  inputBytes,
  outputBytes: jobLimits.outputBytes,
  logBytes: jobLimits.logBytes + limits.compute.logNoteBytes,
})

/** What a node saw of a job that it ran. */
export interface MeteredRun {
  readonly wallTimeMs: number
  readonly cpuMs: number
  readonly inputBytes: number
  readonly outputBytes: number
  readonly logBytes: number
}

/** What goes into the receipt: whole numbers, and none above what the limits allow. */
export function usageOf(jobLimits: JobLimits, run: MeteredRun): { wallTimeMs: number; usage: JobUsage } {
  const wallTimeMs = Math.min(Math.round(run.wallTimeMs), jobLimits.wallTimeMs)
  const most = mostUsage(jobLimits)
  const usage = {
    cpuMs: Math.min(Math.round(run.cpuMs), wallTimeMs * limits.compute.jobCpus),
    memoryMibMs: memoryMibMs(jobLimits, wallTimeMs),
    inputBytes: Math.min(run.inputBytes, most.inputBytes),
    outputBytes: run.outputBytes,
    logBytes: Math.min(run.logBytes, most.logBytes),
  }
  return { wallTimeMs, usage }
}

/** What a requester saw of its job. */
export interface SeenRun {
  /** From its request to the receipt. */
  readonly elapsedMs: number
  readonly logBytes: number
  /** Of program and inputs, if it knows. */
  readonly inputBytes: number | undefined
}

/** What in a receipt cannot be, for people; none for an honest node. */
export function doubtsAbout(receipt: JobReceipt, jobLimits: JobLimits, seen: SeenRun): readonly string[] {
  const { usage, wallTimeMs, outputs } = receipt
  const most = mostUsage(jobLimits, seen.inputBytes)
  const mostCpuMs = wallTimeMs * limits.compute.jobCpus
  const outputBytes = outputs.reduce((sum, output) => sum + output.bytes, 0)
  const { elapsedMs, logBytes, inputBytes } = seen
  const checks: readonly (readonly [boolean, string])[] = [
    [
      wallTimeMs > jobLimits.wallTimeMs,
      `it bills more time than the job's limit of ${formatDuration(jobLimits.wallTimeMs)}`,
    ],
    [
      wallTimeMs > elapsedMs + limits.compute.clockMarginMs,
      `it bills ${formatDuration(wallTimeMs)} of the ${formatDuration(elapsedMs)} that passed here`,
    ],
    [
      usage.cpuMs > mostCpuMs,
      `it bills ${formatDuration(usage.cpuMs)} of processor time; ${formatDuration(mostCpuMs)} is the most in that time`,
    ],
    [usage.memoryMibMs !== memoryMibMs(jobLimits, wallTimeMs), 'its bill for memory is not the limit times the time'],
    [
      usage.outputBytes !== outputBytes,
      `it bills ${formatBytes(usage.outputBytes)} of outputs and brought ${formatBytes(outputBytes)}`,
    ],
    [
      usage.outputBytes > most.outputBytes,
      `it bills more output than the job's limit of ${formatBytes(most.outputBytes)}`,
    ],
    [usage.logBytes !== logBytes, `it bills ${formatBytes(usage.logBytes)} of log and sent ${formatBytes(logBytes)}`],
    [
      usage.inputBytes > most.inputBytes,
      `it bills ${formatBytes(usage.inputBytes)} of inputs; ${formatBytes(most.inputBytes)} is the most`,
    ],
    [
      inputBytes !== undefined && wallTimeMs > 0 && usage.inputBytes < inputBytes,
      `it ran without ${formatBytes((inputBytes ?? 0) - usage.inputBytes)} of its inputs`,
    ],
  ]
  return checks.filter(([isOdd]) => isOdd).map(([, sentence]) => sentence)
}
