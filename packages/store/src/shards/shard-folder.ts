import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
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
    this.#sync = new FolderSync(this.#shards)
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
        await file.writeFile(bytes)
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

  /** Undefined if it is not here. */
  async read(shard: ShardId): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#pathOf(shard))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async remove(shard: ShardId): Promise<void> {
    await rm(this.#pathOf(shard), { force: true })
    await this.#sync.sync()
  }

  async sizeOf(shard: ShardId): Promise<number> {
    return (await stat(this.#pathOf(shard))).size
  }

  /** Every shard here. Other files are left alone. */
  async list(): Promise<ReadonlySet<ShardId>> {
    return new Set((await readdir(this.#shards)).filter((name) => ShardId.is(name)))
  }

  #pathOf(shard: ShardId): string {
    return join(this.#shards, shard)
  }
}
