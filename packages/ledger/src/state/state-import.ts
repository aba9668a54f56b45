import { rename, rm } from 'node:fs/promises'
import { assert, isBorgError } from '@borgios/core'
import { compareBytes, STATE_BUCKETS } from '@borgios/protocol'
import { BucketDisk, type DiskContent } from './bucket-disk.ts'
import { DiskState, type DiskStateOptions } from './disk-state.ts'
import { encodePoint, POINT, type SavedPoint } from './saved-point.ts'
import { openChunk } from './state-chunk.ts'

const TARGET = 'target'
const RECEIVED = 'received'

/**
 * A state that is fetched in chunks, from anybody: only what belongs to the root that was decided on gets in. It is collected beside the
 * folder of the state, so that it goes on where it stopped, and takes its place once it is whole.
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
    this.#disk = new BucketDisk(importFolder(options))
    this.#received = received ?? new Uint8Array(STATE_BUCKETS / 8)
  }

  /** Goes on with what was collected of the same state; of another one it is thrown away. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  static async open(options: DiskStateOptions, target: SavedPoint): Promise<StateImport> {
    const disk = new BucketDisk(importFolder(options))
    const content = await readUnlessCorrupt(disk)
    const goesOn = content !== undefined && isOf(content, target)
    if (!goesOn) {
      await rm(disk.folder, { recursive: true, force: true })
      await disk.write({ buckets: [], records: [[TARGET, encodePoint(target)]] })
    }
    return new StateImport(options, target, goesOn ? content.record(RECEIVED) : undefined)
  }

  /** The first bucket from this one on that is still missing: the beginning of the chunk to ask for. */
  nextMissing(from = 0): number | undefined {
    for (let number = from; number < STATE_BUCKETS; number += 1) if (!this.#has(number)) return number
    return undefined
  }

  /** Takes a chunk; on disk when it resolves. Throws LEDGER_CHUNK_FALSE, LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  async add(bytes: Uint8Array): Promise<void> {
    const { level, index, buckets } = openChunk(bytes, this.#target.root)
    const first = index * 2 ** level
    const numbered = buckets.map((bucket, place) => [first + place, bucket] as const)
    const before = this.#writing
    this.#writing = before.catch(() => {}).then(() => this.#write(numbered))
    await this.#writing
  }

  /** Once nothing is missing: puts it into the place of whatever state was there, which nobody may use any more, and opens it. */
  async finish(): Promise<DiskState> {
    assert(this.nextMissing() === undefined, 'a part of the state is missing')
    await this.#writing
    await this.#disk.write({ buckets: [], records: [[POINT, encodePoint(this.#target)]] })
    await rm(this.#options.folder, { recursive: true, force: true })
    await rename(this.#disk.folder, this.#options.folder)
    return await DiskState.open(this.#options)
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

const importFolder = ({ folder }: DiskStateOptions): string => `${folder}.import`

function isOf(content: DiskContent, target: SavedPoint): boolean {
  const bytes = content.record(TARGET)
  return bytes !== undefined && compareBytes(bytes, encodePoint(target)) === 0
}

/** What rotted is fetched anew. */
async function readUnlessCorrupt(disk: BucketDisk): Promise<DiskContent | undefined> {
  try {
    return await disk.read()
  } catch (error) {
    if (isBorgError(error) && error.kind === 'corrupt') return undefined
    throw error
  }
}
