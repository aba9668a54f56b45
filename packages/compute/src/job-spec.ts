import { createHash } from 'node:crypto'
import { canonicalJsonBytes, encodeBase32, formatBytes, formatDuration, limits } from '@borgios/core'
import { type CheckedJobSpec, JobSpecSchema } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { invalidSpec } from './errors.ts'
import type { JobLimits, JobSpec } from './job.ts'

/** What a job may use when nobody says otherwise. */
export const defaultJobLimits: JobLimits = {
  memoryBytes: limits.compute.defaultMemoryBytes,
  wallTimeMs: limits.compute.defaultWallTimeMs,
  outputBytes: limits.compute.defaultOutputBytes,
  logBytes: limits.compute.defaultLogBytes,
}

/** What a job may use at most, on any node. */
export const maxJobLimits: JobLimits = {
  memoryBytes: limits.compute.maxMemoryBytes,
  wallTimeMs: limits.compute.maxWallTimeMs,
  outputBytes: limits.compute.maxOutputBytes,
  logBytes: limits.compute.maxLogBytes,
}

const specCheck = Compile(JobSpecSchema)

/** The spec, if it can run somewhere. Throws COMPUTE_SPEC_INVALID naming the field and what is wrong with it. */
export function checkJobSpec(spec: JobSpec): CheckedJobSpec {
  const tooMuch = overLimit(spec.limits, maxJobLimits, 'any node')
  if (tooMuch !== undefined) throw invalidSpec(tooMuch)
  if (!specCheck.Check(spec)) {
    const [, [first]] = specCheck.Errors(spec)
    throw invalidSpec(`the job's field ${first?.instancePath || '/'} ${first?.message ?? 'has a wrong form'}`)
  }
  const names = new Set(spec.inputs.map((input) => input.name))
  if (names.size < spec.inputs.length) throw invalidSpec('two inputs of the job have the same name')
  const { maxSpecBytes } = limits.compute
  const bytes = specBytes(spec).length
  if (bytes > maxSpecBytes) {
    throw invalidSpec(
      `arguments and environment are too long: the job takes ${bytes} bytes as JSON, of ${maxSpecBytes} at most`,
    )
  }
  return spec
}

/** A sentence about the first limit that is out of bounds; `lender` is who allows that much. */
export function overLimit(asked: JobLimits, allowed: JobLimits, lender: string): string | undefined {
  const { minMemoryBytes } = limits.compute
  if (asked.memoryBytes < minMemoryBytes) return `a job needs at least ${formatBytes(minMemoryBytes)} of memory`
  const bounds: readonly (readonly [keyof JobLimits, string, (value: number) => string])[] = [
    ['memoryBytes', 'memory', formatBytes],
    ['wallTimeMs', 'time', formatDuration],
    ['outputBytes', 'output', formatBytes],
    ['logBytes', 'log', formatBytes],
  ]
  for (const [field, name, format] of bounds) {
    const [value, most] = [asked[field], allowed[field]]
    if (value > most) return `the job asks for ${format(value)} of ${name}; ${format(most)} is the most ${lender} lends`
  }
  return undefined
}

/** Base32 of the SHA-256 of the spec's canonical JSON: what a receipt names it by. */
export const jobSpecHash = (spec: CheckedJobSpec): string =>
  encodeBase32(createHash('sha256').update(specBytes(spec)).digest())

function specBytes(spec: CheckedJobSpec): Uint8Array {
  try {
    return canonicalJsonBytes(spec)
  } catch (cause) {
    throw invalidSpec('a text of the job is no valid Unicode', cause)
  }
}
