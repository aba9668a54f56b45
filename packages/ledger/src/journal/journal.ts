import type { JournalRecord } from './segment-codec.ts'
import { SegmentLog, type SegmentLogModules } from './segment-log.ts'

/** A slot of an epoch. */
export interface SlotPlace {
  readonly epoch: number
  readonly slot: number
}

export interface OpenedJournal {
  readonly journal: Journal
  /** Everything that had been written before, in order. For whoever opens it to empty. */
  readonly records: JournalRecord[]
}

/** What a validator must not forget. The positions of its records are slots. */
export class Journal {
  readonly #log: SegmentLog
  /** The highest place in each segment. */
  readonly #highest: Map<number, SlotPlace>

  private constructor(log: SegmentLog, highest: Map<number, SlotPlace>) {
    this.#log = log
    this.#highest = highest
  }

  /** See {@link SegmentLog.open}. */
  static async open(modules: SegmentLogModules): Promise<OpenedJournal> {
    const highest = new Map<number, SlotPlace>()
    const found: JournalRecord[] = []
    let isOpen = false
    const log = await SegmentLog.open(modules, (record, { segment }) => {
      if (!isOpen) found.push(record)
      const place = { epoch: record.epoch, slot: record.position }
      const before = highest.get(segment)
      if (before === undefined || isBelow(before, place)) highest.set(segment, place)
    })
    isOpen = true
    return { journal: new Journal(log, highest), records: found }
  }

  /** See {@link SegmentLog.append}. */
  append(record: JournalRecord): void {
    this.#log.append(record)
  }

  /** See {@link SegmentLog.sync}. */
  sync(): Promise<void> {
    return this.#log.sync()
  }

  /** Removes segments of which nothing is at this place or above, the oldest first. Throws LEDGER_DISK_FAILED. */
  async prune(below: SlotPlace): Promise<void> {
    for (const [segment, highest] of this.#highest) {
      if (!isBelow(highest, below)) return
      await this.#log.removeBefore(segment + 1)
      this.#highest.delete(segment)
    }
  }

  /** See {@link SegmentLog.close}. */
  close(): Promise<void> {
    return this.#log.close()
  }
}

const isBelow = (left: SlotPlace, right: SlotPlace): boolean =>
  left.epoch < right.epoch || (left.epoch === right.epoch && left.slot < right.slot)
