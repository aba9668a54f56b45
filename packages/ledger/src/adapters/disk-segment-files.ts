import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '@borgios/core/adapters'
import type { SegmentFile, SegmentFiles } from '../journal/segment-files.ts'

const NAME = /^(\d{10})\.log$/
const NUMBER_CHARS = 10
/** Readable and writable by the node's user alone. */
const MODE = 0o600

/** Segments as files `0000000001.log` of one folder, which is made if it is not there. */
export class DiskSegmentFiles implements SegmentFiles {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  nameOf(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(NUMBER_CHARS, '0')}.log`)
  }

  async list(): Promise<readonly number[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const numbers: number[] = []
    for (const name of await readdir(this.#folder)) {
      const number = NAME.exec(name)?.[1]
      if (number !== undefined) numbers.push(Number(number))
    }
    return numbers.sort((left, right) => left - right)
  }

  read(segment: number): Promise<Uint8Array> {
    return readFile(this.nameOf(segment))
  }

  async readPart(segment: number, offset: number, lengthBytes: number): Promise<Uint8Array> {
    const handle = await open(this.nameOf(segment), constants.O_RDONLY)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(lengthBytes), 0, lengthBytes, offset)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  async create(segment: number, bytes: Uint8Array): Promise<SegmentFile> {
    const path = this.nameOf(segment)
    const temporary = `${path}.tmp`
    await rm(temporary, { force: true })
    const file = await DiskSegmentFile.open(temporary, constants.O_CREAT | constants.O_RDWR, 0)
    try {
      await file.append(bytes)
      await file.sync()
      await rename(temporary, path)
      await syncFolder(this.#folder)
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  reopen(segment: number, lengthBytes: number): Promise<SegmentFile> {
    return DiskSegmentFile.open(this.nameOf(segment), constants.O_RDWR, lengthBytes)
  }

  async remove(segment: number): Promise<void> {
    await rm(this.nameOf(segment), { force: true })
  }
}

class DiskSegmentFile implements SegmentFile {
  readonly #handle: FileHandle
  #lengthBytes: number

  private constructor(handle: FileHandle, lengthBytes: number) {
    this.#handle = handle
    this.#lengthBytes = lengthBytes
  }

  /** Cut to that length, durably. */
  static async open(path: string, flags: number, lengthBytes: number): Promise<DiskSegmentFile> {
    const handle = await open(path, flags, MODE)
    try {
      await handle.truncate(lengthBytes)
      await handle.sync()
      return new DiskSegmentFile(handle, lengthBytes)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#lengthBytes)
      done += bytesWritten
      this.#lengthBytes += bytesWritten
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
