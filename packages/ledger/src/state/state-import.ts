import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert, isBorgError } from '@borgios/core'
import { syncFolder } from '@borgios/core/adapters'
import { ByteWriter, compareBytes, HASH_BYTES, STATE_BUCKETS, taggedHash } from '@borgios/protocol'
import { BucketDisk } from './bucket-disk.ts'
import { DiskState, type DiskStateOptions } from './disk-state.ts'
import { stateCorrupt } from './errors.ts'
import { FinalState } from './final-state.ts'
import { decodePoint, encodePoint, POINT, type SavedPoint } from './saved-point.ts'
import { openChunk } from './state-chunk.ts'

const TARGET = 'target'
const RECEIVED = 'received'
const BLOCK = 'block'

/** Consecutive buckets. */
export interface BucketRange {
  readonly first: number
  readonly count: number
}

/** A state that came whole, and what was to be kept with it. */
export interface WholeImport {
  readonly saved: SavedPoint
  /** As it was given to {@link StateImport.open}. */
  readonly block: Uint8Array
}

/**
 * A state that is fetched in chunks, from anybody: only what belongs to the root that was decided on gets in. It is collected beside the
 * folder of the state, so that it goes on where it stopped. Once whole it is there to stay, unless it rots: what takes it into the place of the
 * state may be cut off anywhere, and the next start does it again, or goes on with the state that was there before.
 */
export class StateImport {
  readonly #options: DiskStateOptions
  readonly #target: SavedPoint
  readonly #disk: BucketDisk
  /** A bit for each bucket. */
  readonly #received: Uint8Array
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: DiskStateOptions, target: SavedPoint, received: Uint8Array | undefined) {
    this.#options = options
    this.#target = target
    this.#disk = diskOf(options)
    this.#received = received ?? new Uint8Array(STATE_BUCKETS / 8)
  }

  /**
   * Goes on with what was collected of the same state; of another one it is thrown away. `block` is kept with it, for whoever takes it into
   * use. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED.
   */
  static async open(options: DiskStateOptions, target: SavedPoint, block: Uint8Array): Promise<StateImport> {
    const disk = diskOf(options)
    const [found, received] = await unlessCorrupt(async () => [
      await disk.readRecord(TARGET),
      await disk.readRecord(RECEIVED),
    ])
    const goesOn = found !== undefined && compareBytes(found, encodePoint(target)) === 0
    if (!goesOn) {
      await rm(disk.folder, { recursive: true, force: true })
      const records = [[TARGET, encodePoint(target)] as const, [BLOCK, sealed(block)] as const]
      await disk.write({ buckets: [], records })
    }
    return new StateImport(options, target, goesOn ? received : undefined)
  }

  /** What was left whole beside the state by a process that did not come to take it into use. Throws LEDGER_DISK_FAILED. */
  static async whole(options: Pick<DiskStateOptions, 'folder'>): Promise<WholeImport | undefined> {
    const disk = diskOf(options)
    const [whole] = await unlessCorrupt(async () => {
      const [point, block] = [await disk.readRecord(POINT), await readBlock(disk)]
      return point === undefined || block === undefined ? [] : [{ saved: decodePoint(disk.folder, point), block }]
    })
    return whole
  }

  /** Whether what was left whole still is what came: it is read and hashed again. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  static async isSound(options: DiskStateOptions): Promise<boolean> {
    const [isSound] = await unlessCorrupt(async () => {
      await DiskState.open({ ...options, folder: importFolder(options) })
      return [true]
    })
    return isSound === true
  }

  /**
   * Puts what came whole into the place of whatever state was there, which nobody may use any more. That one goes last: until then
   * {@link StateImport.recover} brings it back. Throws as the disk does.
   */
  static async install({ folder }: Pick<DiskStateOptions, 'folder'>): Promise<void> {
    const before = beforeFolder({ folder })
    if (existsSync(folder)) await rename(folder, before)
    await rename(importFolder({ folder }), folder)
    await syncFolder(dirname(folder))
    await rm(before, { recursive: true, force: true })
  }

  /** The state that was there before an installation that did not come to its end, unless the new one is there. Throws as the disk does. */
  static async recover({ folder }: Pick<DiskStateOptions, 'folder'>): Promise<void> {
    const before = beforeFolder({ folder })
    if (existsSync(before) && !existsSync(folder)) await rename(before, folder)
    await rm(before, { recursive: true, force: true })
  }

  /** The block that came with the state which was installed last. Throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  static installedBlock({ folder }: Pick<DiskStateOptions, 'folder'>): Promise<Uint8Array | undefined> {
    return readBlock(new BucketDisk(folder))
  }

  /** Forgets whatever was collected. */
  static async discard(options: Pick<DiskStateOptions, 'folder'>): Promise<void> {
    await rm(importFolder(options), { recursive: true, force: true })
  }

  /** The first bucket from this one on that is still missing: the beginning of the chunk to ask for. */
  nextMissing(from = 0): number | undefined {
    for (let number = from; number < STATE_BUCKETS; number += 1) if (!this.#has(number)) return number
    return undefined
  }

  /** Takes a chunk; on disk when it resolves. Returns what it brought. Throws LEDGER_CHUNK_FALSE, LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  async add(bytes: Uint8Array): Promise<BucketRange> {
    const { level, index, buckets } = openChunk(bytes, this.#target.root)
    const range = { first: index * 2 ** level, count: 2 ** level }
    const numbered = buckets.map((bucket, place) => [range.first + place, bucket] as const)
    const before = this.#writing
    this.#writing = before.catch(() => {}).then(() => this.#write(numbered))
    await this.#writing
    return range
  }

  /**
   * Once nothing is missing: says on disk that it is whole, and gives the state, hashed again. Throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FULL,
   * LEDGER_DISK_FAILED.
   */
  async complete(): Promise<FinalState> {
    assert(this.nextMissing() === undefined, 'a part of the state is missing')
    await this.#writing
    const { point, root } = this.#target
    const { buckets } = await this.#disk.read()
    const state = new FinalState({ tables: this.#options.tables, content: { point, buckets } })
    if (compareBytes(state.root, root) !== 0) {
      await StateImport.discard(this.#options)
      throw stateCorrupt(this.#disk.folder, 'what was fetched is not what was written')
    }
    await this.#disk.write({ buckets: [], records: [[POINT, encodePoint(this.#target)]] })
    return state
  }

  async #write(buckets: readonly (readonly [number, Uint8Array])[]): Promise<void> {
    const received = this.#received.slice()
    for (const [number] of buckets) received[number >> 3] = (received[number >> 3] ?? 0) | (1 << (number & 7))
    await this.#disk.write({ buckets, records: [[RECEIVED, received]] })
    this.#received.set(received)
  }

  #has(number: number): boolean {
    return (((this.#received[number >> 3] ?? 0) >> (number & 7)) & 1) === 1
  }
}

const importFolder = ({ folder }: Pick<DiskStateOptions, 'folder'>): string => `${folder}.import`
const beforeFolder = ({ folder }: Pick<DiskStateOptions, 'folder'>): string => `${folder}.before`
const diskOf = (options: Pick<DiskStateOptions, 'folder'>): BucketDisk => new BucketDisk(importFolder(options))

/** With its hash behind it: nothing else would tell that it rotted. */
const sealed = (block: Uint8Array): Uint8Array =>
  new ByteWriter(block.length + HASH_BYTES).fixed(block).fixed(taggedHash('state-import-block', block)).finish()

async function readBlock(disk: BucketDisk): Promise<Uint8Array | undefined> {
  const bytes = await disk.readRecord(BLOCK)
  const block = bytes?.subarray(0, -HASH_BYTES)
  return bytes === undefined || block === undefined || compareBytes(sealed(block), bytes) !== 0 ? undefined : block
}

/** What rotted is fetched anew. */
async function unlessCorrupt<Value>(read: () => Promise<readonly Value[]>): Promise<readonly (Value | undefined)[]> {
  try {
    return await read()
  } catch (error) {
    if (isBorgError(error) && error.kind === 'corrupt') return []
    throw error
  }
}
