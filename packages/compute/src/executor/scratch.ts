import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes, isBorgError, type JobId, limits } from '@borgios/core'
import type { CheckedJobSpec } from '@borgios/protocol'
import { inputTooLarge } from '../errors.ts'
import type { JobFiles } from '../job-files.ts'

/** The folder below which each job has its own. */
export class Scratch {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Removes what jobs left there that a crash ended. */
  async clear(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#folder)) await rm(join(this.#folder, name), { recursive: true, force: true })
  }

  async create(job: JobId): Promise<string> {
    const folder = join(this.#folder, job)
    await mkdir(join(folder, 'in'), { recursive: true, mode: 0o700 })
    return folder
  }

  async remove(job: JobId): Promise<void> {
    await rm(join(this.#folder, job), { recursive: true, force: true })
  }
}

/** A file of the job that cannot be had. `hopeless` when no other node would fare better. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure'
  readonly hopeless: boolean

  constructor(what: string, cause: unknown) {
    super(`${what} could not be fetched: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.hopeless = isBorgError(cause) && (cause.kind === 'invalid' || cause.kind === 'notFound')
  }
}

/** Brings program and inputs, of so many bytes in all, into a job's folder; returns how many. Throws FetchFailure, or the signal's reason. */
export async function fetchFiles(
  files: JobFiles,
  spec: CheckedJobSpec,
  folder: string,
  signal: AbortSignal,
  maxBytes: number = limits.compute.maxInputBytes,
): Promise<number> {
  let leftBytes = maxBytes
  const fetch = async (what: string, capability: string, path: string, maxBytes: number): Promise<void> => {
    try {
      leftBytes -= await fetchFile(files, capability, path, Math.min(maxBytes, leftBytes), signal)
    } catch (error) {
      signal.throwIfAborted()
      throw new FetchFailure(what, error)
    }
  }
  await fetch('the program', spec.program, join(folder, 'program.wasm'), limits.compute.maxProgramBytes)
  for (const { name, capability } of spec.inputs) {
    await fetch(`the input ${name}`, capability, join(folder, 'in', name), leftBytes)
  }
  return maxBytes - leftBytes
}

/** Returns how many bytes it wrote. */
async function fetchFile(
  files: JobFiles,
  capability: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<number> {
  const { bytes, content } = await files.get(capability, signal)
  const tooLarge = (found: number) =>
    inputTooLarge(`it has ${formatBytes(found)}, more than the ${formatBytes(maxBytes)} a job may still bring`)
  if (bytes > maxBytes) throw tooLarge(bytes)
  const file = await open(path, 'wx', 0o600)
  try {
    let written = 0
    for await (const chunk of content) {
      signal.throwIfAborted()
      written += chunk.length
      if (written > maxBytes) throw tooLarge(written)
      await file.writeFile(chunk)
    }
    return written
  } finally {
    await file.close()
  }
}
