import { type RecordPlace, SegmentLog, type SegmentLogModules } from './segment-log.ts'

const BLOCK = 1

/** Final blocks by height, whatever their bytes say. What is kept is one run of heights without a gap; of a height that was written again the later record counts. */
export class BlockStore {
  readonly #log: SegmentLog
  readonly #index: HeightIndex
  #lastAppended: number

  private constructor(log: SegmentLog, index: HeightIndex) {
    this.#log = log
    this.#index = index
    this.#lastAppended = index.next - 1
  }

  /** See {@link SegmentLog.open}: of all segments but the last only their lists are read. */
  static async open(modules: SegmentLogModules): Promise<BlockStore> {
    const index = new HeightIndex()
    const log = await SegmentLog.open(modules, ({ position }, place) => index.add(position, place), true)
    return new BlockStore(log, index)
  }

  /** The lowest and highest durable heights; undefined when nothing is kept. */
  get heights(): { readonly first: number; readonly last: number } | undefined {
    const { first, next } = this.#index
    return first === next ? undefined : { first, last: next - 1 }
  }

  /** The highest height that was appended, 0 if none; above it comes the next. */
  get lastAppended(): number {
    return this.#lastAppended
  }

  /** What is at this height or below is there already and left as it is. After a gap the run begins anew. Throws as {@link SegmentLog.append}. */
  append(height: number, epoch: number, bytes: Uint8Array): void {
    if (height <= this.#lastAppended) return
    this.#log.append({ kind: BLOCK, epoch, position: height, payload: bytes })
    this.#lastAppended = height
  }

  /** Takes back what is above a height: it can be appended anew. To be called before anything is appended. */
  dropAbove(height: number): void {
    this.#index.dropAbove(height)
    this.#lastAppended = Math.min(this.#lastAppended, height)
  }

  /** See {@link SegmentLog.sync}. */
  sync(): Promise<void> {
    return this.#log.sync()
  }

  /** Undefined for heights that are not there. Throws LEDGER_JOURNAL_CORRUPT, LEDGER_DISK_FAILED. */
  async read(height: number): Promise<Uint8Array | undefined> {
    if (height >= this.#index.next && height <= this.#lastAppended) await this.#log.sync()
    const place = this.#index.find(height)
    return place === undefined ? undefined : (await this.#log.read(place)).payload
  }

  /** Forgets lower heights, and removes segments that hold nothing else. Throws LEDGER_DISK_FAILED. */
  async prune(below: number): Promise<void> {
    const place = this.#index.find(below)
    if (place === undefined) return
    this.#index.dropBelow(below)
    await this.#log.removeBefore(place.segment)
  }

  /** See {@link SegmentLog.close}. */
  close(): Promise<void> {
    return this.#log.close()
  }
}

/** Where the records of a run of heights stand. */
class HeightIndex {
  first = 1
  #places: RecordPlace[] = []

  /** Behind the last height. */
  get next(): number {
    return this.first + this.#places.length
  }

  add(height: number, place: RecordPlace): void {
    if (height >= this.first && height <= this.next) {
      this.dropAbove(height - 1)
    } else {
      this.first = height
      this.#places = []
    }
    this.#places.push(place)
  }

  dropAbove(height: number): void {
    this.#places.splice(Math.max(0, height + 1 - this.first))
  }

  find(height: number): RecordPlace | undefined {
    return this.#places[height - this.first]
  }

  /** This height stays. */
  dropBelow(height: number): void {
    if (height <= this.first) return
    this.#places.splice(0, height - this.first)
    this.first = height
  }
}
