import { type BorgError, isBorgError, type Logger, limits, messageOf } from '@borgios/core'
import { compareBytes } from '@borgios/protocol'
import { BucketDisk, type DiskContent } from './bucket-disk.ts'
import { stateCorrupt } from './errors.ts'
import { FinalState } from './final-state.ts'
import { decodePoint, encodePoint, POINT, type SavedPoint } from './saved-point.ts'
import { type AnyTable, EMPTY_POINT, type StatePoint } from './state.ts'

export interface DiskStateOptions {
  /** Of its own; made when it is not there. */
  readonly folder: string
  readonly tables: readonly AnyTable[]
  readonly logger: Logger
  /** Awaited before a state is written: whatever must be durable first, such as the blocks that led to it. */
  readonly beforeSave?: () => Promise<void>
}

const { saveBlocks, saveBuckets } = limits.ledgerState

/**
 * The final state, saved now and then: what is on disk is the state after one block, whole. Blocks after it have to be applied again after a
 * start, so whoever keeps the blocks keeps them from `savedPoint` on.
 */
export class DiskState {
  readonly state: FinalState
  readonly #disk: BucketDisk
  readonly #logger: Logger
  readonly #beforeSave: () => Promise<void>
  #unsaved = new Set<number>()
  #blocks = 0
  #savedPoint: StatePoint | undefined
  #trouble: BorgError | undefined
  #saving: Promise<void> | undefined
  /** Another state takes its place in the folder. */
  #isGivenUp = false

  private constructor(
    { folder, tables, logger, beforeSave = async () => {} }: DiskStateOptions,
    saved: SavedPoint | undefined,
    content: DiskContent,
  ) {
    this.#disk = new BucketDisk(folder)
    this.#logger = logger
    this.#beforeSave = beforeSave
    this.#savedPoint = saved?.point
    this.state = new FinalState({
      tables,
      onFinal: (buckets) => this.#onFinal(buckets),
      ...(saved !== undefined && { content: { point: saved.point, buckets: content.buckets } }),
    })
  }

  /**
   * Reads and checks all of it. A folder without a state gives an empty one. Throws LEDGER_STATE_CORRUPT, LEDGER_DISK_FULL,
   * LEDGER_DISK_FAILED.
   */
  static async open(options: DiskStateOptions): Promise<DiskState> {
    const { folder } = options
    const content = await new BucketDisk(folder).read()
    const bytes = content.record(POINT)
    if (bytes === undefined && content.buckets.some(({ length }) => length > 0)) {
      throw stateCorrupt(folder, 'it does not say which block it belongs to')
    }
    const saved = bytes === undefined ? undefined : decodePoint(folder, bytes)
    const opened = new DiskState(options, saved, content)
    if (saved !== undefined && compareBytes(opened.state.root, saved.root) !== 0) {
      throw stateCorrupt(folder, `it is not the state after block ${saved.point.height}`)
    }
    return opened
  }

  /** The block whose state is on disk, if there is one. */
  get savedPoint(): StatePoint | undefined {
    return this.#savedPoint
  }

  /** Why the last try to save failed, until one succeeds. */
  get trouble(): BorgError | undefined {
    return this.#trouble
  }

  /** Saves what is final now. Throws LEDGER_DISK_FULL, LEDGER_DISK_FAILED: then nothing is lost but time, and it is tried again. */
  async save(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving.catch(() => {})
    const { point } = this.state
    if (point === EMPTY_POINT || point === this.#savedPoint || this.#isGivenUp) return
    this.#saving = this.#write().finally(() => {
      this.#saving = undefined
    })
    await this.#saving
  }

  /** Saves and lets go of the folder. Throws as {@link save} does. */
  async close(): Promise<void> {
    await this.save()
  }

  /**
   * Becomes another state, once `install` has put that into the folder. Nothing may be applied meanwhile, and nothing saved again if it
   * fails: what the folder holds then is for the next start.
   */
  async replace(other: FinalState, install: () => Promise<void>): Promise<void> {
    while (this.#saving !== undefined) await this.#saving.catch(() => {})
    this.#isGivenUp = true
    await install()
    this.#isGivenUp = false
    this.#unsaved.clear()
    this.#blocks = 0
    this.state.become(other)
    this.#savedPoint = this.state.point
  }

  #onFinal(buckets: Iterable<number>): void {
    for (const number of buckets) this.#unsaved.add(number)
    this.#blocks += 1
    const isDue = this.#blocks >= saveBlocks || (this.#unsaved.size >= saveBuckets && this.#trouble === undefined)
    if (isDue && this.#saving === undefined) this.save().catch((error: unknown) => this.#logFailure(error))
  }

  async #write(): Promise<void> {
    const { state } = this
    const { point, root } = state
    const numbers = this.#unsaved
    this.#unsaved = new Set()
    this.#blocks = 0
    const buckets = Array.from(numbers, (number) => [number, state.bucket(number)] as const)
    try {
      await this.#beforeSave()
      await this.#disk.write({ buckets, records: [[POINT, encodePoint({ point, root })]] })
      this.#savedPoint = point
      this.#trouble = undefined
    } catch (error) {
      for (const number of numbers) this.#unsaved.add(number)
      if (isBorgError(error)) this.#trouble = error
      throw error
    }
  }

  #logFailure(error: unknown): void {
    const why = isBorgError(error) ? { code: error.code } : { why: messageOf(error) }
    this.#logger.warn('the state of the ledger could not be saved; it is tried again', why)
  }
}

/** What the state in a folder says of itself, without reading it; undefined if there is none or it makes no sense. Throws LEDGER_DISK_FAILED. */
export async function savedPointIn(folder: string): Promise<SavedPoint | undefined> {
  try {
    const bytes = await new BucketDisk(folder).readRecord(POINT)
    return bytes === undefined ? undefined : decodePoint(folder, bytes)
  } catch (error) {
    if (isBorgError(error) && error.kind === 'corrupt') return undefined
    throw error
  }
}
