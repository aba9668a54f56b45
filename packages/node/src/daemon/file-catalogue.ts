import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { limits } from '@borgios/core'
import { syncFolder } from '@borgios/core/adapters'
import { type FileEntry, FileEntrySchema } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { readBounded } from '../config/checked-file.ts'
import { full } from '../errors.ts'
import { orDiskFull } from './disk-full.ts'

const WHAT = 'the list of stored files'
const entryCheck = Compile(FileEntrySchema)

/**
 * The list of files a user stored: one line of JSON each, appended durably, mode 0600, since a capability is the right to read. Daemons
 * of one user may share it: an append is one write, and a line torn by a crash is skipped.
 */
export class FileCatalogue {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Throws NODE_FULL or NODE_DISK_FULL when no further file could be listed. */
  async assertRoom(): Promise<void> {
    const bytes = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    )
    if (bytes + limits.node.maxCatalogueLineBytes > limits.node.maxCatalogueBytes) {
      throw full(
        `the list of stored files is full. Put it away and begin a new one: mv ${this.#path} ${this.#path}.old`,
      )
    }
    await orDiskFull(WHAT, dirname(this.#path), this.#tryDisk())
  }

  /** What the system says of free space leaves out quotas, so that a line's worth is written to a file that goes at once. */
  async #tryDisk(): Promise<void> {
    const trial = `${this.#path}.${process.pid}.tmp`
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 })
    const file = await open(trial, 'w', 0o600)
    try {
      await rm(trial, { force: true })
      await file.writeFile(Buffer.alloc(limits.node.maxCatalogueLineBytes))
    } finally {
      await file.close()
    }
  }

  /** Throws NODE_DISK_FULL. */
  add(entry: FileEntry): Promise<void> {
    return orDiskFull(WHAT, dirname(this.#path), this.#append(`\n${JSON.stringify(entry)}\n`))
  }

  /** A line break first, so that a line a crash tore stays alone. */
  async #append(line: string): Promise<void> {
    const isNew = await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 }).then((made) => made !== undefined)
    const file: FileHandle = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(line)
      await file.datasync()
    } finally {
      await file.close()
    }
    if (isNew) await syncFolder(dirname(dirname(this.#path)))
    await syncFolder(dirname(this.#path))
  }

  /** Oldest first. */
  async list(): Promise<readonly FileEntry[]> {
    const bytes = await readBounded(this.#path, limits.node.maxCatalogueBytes)
    const lines = bytes?.toString('utf8').split('\n') ?? []
    return lines.flatMap((line) => {
      const value = line === '' ? undefined : parseJson(line)
      return entryCheck.Check(value) ? [value] : []
    })
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
