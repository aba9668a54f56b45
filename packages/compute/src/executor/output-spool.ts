import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { limits, type Timers } from '@borgios/core'
import type { JobFiles } from '../job-files.ts'

interface SpooledOutput {
  readonly name: string
  readonly bytes: number
  readonly path: string
}

/** An output that is on the network. */
export interface StoredOutput {
  readonly name: string
  readonly bytes: number
  readonly capability: string
}

/**
 * Keeps what a program left in files of the job's own folder until it is stored: a node that just died is still placed on for a few
 * seconds, and running the program again elsewhere for that would be a waste.
 */
export class OutputSpool {
  readonly #folder: string
  readonly #outputs: SpooledOutput[] = []

  constructor(jobFolder: string) {
    this.#folder = join(jobFolder, 'out')
  }

  /** The sandbox bounds how many and how large they are. */
  async keep(name: string, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    // Numbered: the program's names are its own.
    const path = join(this.#folder, String(this.#outputs.length))
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of content) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
    this.#outputs.push({ name, bytes, path })
  }

  /** Stores all, each tried several times. Throws what the last try threw, or the signal's reason. */
  async store(files: JobFiles, timers: Timers, signal: AbortSignal): Promise<readonly StoredOutput[]> {
    const stored: StoredOutput[] = []
    for (const output of this.#outputs) stored.push(await storeOne(output, files, timers, signal))
    return stored
  }
}

async function storeOne(
  { name, bytes, path }: SpooledOutput,
  files: JobFiles,
  timers: Timers,
  signal: AbortSignal,
): Promise<StoredOutput> {
  for (let tries = 1; ; tries += 1) {
    const content = createReadStream(path)
    try {
      return { name, bytes, capability: await files.put(name, bytes, content, signal) }
    } catch (error) {
      if (signal.aborted || tries === limits.compute.storeTries) throw error
    } finally {
      // A put that fails early has not read it to its end.
      content.destroy()
    }
    await timers.sleep(limits.compute.storeRetryMs, signal)
  }
}
