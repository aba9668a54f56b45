import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ShardId } from '@borgios/core'
import { syncFolder } from '@borgios/core/adapters'
import { FolderSync } from './folder-sync.ts'

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/**
 * Shards as plain files, each named by its id. A file stands in `shards/` only with all its bytes durable: written in
 * `incoming/`, synced, renamed, and the folder synced.
 */
export class ShardFolder {
  readonly #shards: string
  readonly #incoming: string
  readonly #sync: FolderSync
  #nextTemporary = 0

  private constructor(path: string) {
    this.#shards = join(path, 'shards')
    this.#incoming = join(path, 'incoming')
    this.#sync = new FolderSync(() => syncFolder(this.#shards))
  }

  /** Opens the folder and removes what a crash left half written. */
  static async open(path: string): Promise<ShardFolder> {
    const folder = new ShardFolder(path)
    await rm(folder.#incoming, { recursive: true, force: true })
    await mkdir(folder.#incoming, { recursive: true, mode: 0o700 })
    await mkdir(folder.#shards, { recursive: true, mode: 0o700 })
    await syncFolder(path)
    return folder
  }

  /** Resolves once the shard is durable. */
  async write(shard: ShardId, bytes: Uint8Array): Promise<void> {
    this.#nextTemporary += 1
    const temporary = join(this.#incoming, String(this.#nextTemporary))
    try {
      const file = await open(temporary, 'wx', 0o600)
      try {
        for (let written = 0; written < bytes.length; ) {
          written += (await file.write(bytes, written, bytes.length - written)).bytesWritten
        }
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.#pathOf(shard))
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await this.#sync.sync()
  }

  /** Fills `target` from the shard's start; returns how many bytes there were for it, undefined if the shard is not here. */
  async read(shard: ShardId, target: Uint8Array): Promise<number | undefined> {
    let file: FileHandle
    try {
      file = await open(this.#pathOf(shard), 'r')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
    try {
      let filled = 0
      while (filled < target.length) {
        const { bytesRead } = await file.read(target, filled, target.length - filled, filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled
    } finally {
      await file.close()
    }
  }

  async remove(shard: ShardId): Promise<void> {
    await rm(this.#pathOf(shard), { force: true })
    await this.#sync.sync()
  }

  async sizeOf(shard: ShardId): Promise<number> {
    return (await stat(this.#pathOf(shard))).size
  }

  /** What the disk has left for us. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#shards)
    return bavail * bsize
  }

  /** Every shard here. Other files are left alone. */
  async list(): Promise<ReadonlySet<ShardId>> {
    return new Set((await readdir(this.#shards)).filter((name) => ShardId.is(name)))
  }

  #pathOf(shard: ShardId): string {
    return join(this.#shards, shard)
  }
}
