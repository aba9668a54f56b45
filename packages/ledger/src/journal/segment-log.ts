import { assert, limits, type Random } from '@borgios/core'
import { journalClosed, journalDamaged, journalFailed } from '../errors.ts'
import {
  formerBytesOf,
  HEADER_BYTES,
  type JournalRecord,
  readRecord,
  readSegment,
  SALT_BYTES,
  SegmentEncoder,
  segmentHeader,
} from './segment-codec.ts'
import type { SegmentFile, SegmentFiles } from './segment-files.ts'

const bounds = limits.ledgerJournal

export interface SegmentLogModules {
  readonly files: SegmentFiles
  /** For salts. */
  readonly random: Random
  /** Defaults to `limits.ledgerJournal.segmentBytes`. */
  readonly segmentBytes?: number
}

/** Where a record stands. */
export interface RecordPlace {
  readonly segment: number
  readonly offset: number
  /** Of its frame. */
  readonly lengthBytes: number
}

/** Told of every durable record in order: of those found when the log is opened, then of those written. */
export type RecordListener = (record: JournalRecord, place: RecordPlace) => void

/** The segment that is written to. */
interface Current {
  readonly segment: number
  readonly file: SegmentFile
  readonly encoder: SegmentEncoder
  writtenBytes: number
}

/**
 * An append-only log in segments. What `sync` said is durable is there after any crash; what it did not say may be there or not. After a
 * write or sync failed nothing more is taken until the log is opened anew: the system may have thrown the bytes away, and would say of a
 * second sync that all is well.
 */
export class SegmentLog {
  readonly #files: SegmentFiles
  readonly #random: Random
  readonly #segmentBytes: number
  readonly #listener: RecordListener
  /** All segments, the current one last, with their headers. */
  readonly #headers: Map<number, Uint8Array>
  #current: Current
  #pending: JournalRecord[] = []
  #pendingBytes = 0
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #failure: Error | undefined

  private constructor(
    { files, random, segmentBytes = bounds.segmentBytes }: SegmentLogModules,
    listener: RecordListener,
    headers: Map<number, Uint8Array>,
    current: Current,
  ) {
    this.#files = files
    this.#segmentBytes = segmentBytes
    this.#random = random
    this.#listener = listener
    this.#headers = headers
    this.#current = current
  }

  /**
   * Opens a log, or begins one. A torn end is cut off. Throws LEDGER_JOURNAL_CORRUPT when something is wrong where all had been durable,
   * LEDGER_DISK_FULL, LEDGER_DISK_FAILED.
   */
  static async open(modules: SegmentLogModules, listener: RecordListener): Promise<SegmentLog> {
    try {
      const headers = new Map<number, Uint8Array>()
      const current = await recover(modules, listener, headers)
      return new SegmentLog(modules, listener, headers, current)
    } catch (error) {
      throw journalFailed(error)
    }
  }

  /** Takes a record to be written. Throws what an earlier write failed with: LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  append(record: JournalRecord): void {
    if (this.#failure !== undefined) throw this.#failure
    assert(record.kind >= 1 && record.kind <= 255, 'a record has a kind')
    assert(record.payload.length <= bounds.maxRecordBytes, 'a record that is too large')
    this.#pending.push(record)
    this.#pendingBytes += record.payload.length
    // Should it fail, whoever asks for a sync or appends next is told.
    if (this.#pendingBytes > bounds.pendingBytes) this.sync().catch(() => undefined)
  }

  /** Resolves when all that was appended is durable; who waits at a time shares one sync. Rejects with LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  sync(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      this.#running = this.#commit()
      return this.#running
    })
    return this.#next
  }

  /** Reads a durable record again. Throws LEDGER_JOURNAL_CORRUPT, LEDGER_DISK_FAILED. */
  async read({ segment, offset, lengthBytes }: RecordPlace): Promise<JournalRecord> {
    const header = this.#headers.get(segment)
    assert(header !== undefined, `segment ${segment} is kept`)
    let frame: Uint8Array
    try {
      frame = await this.#files.readPart(segment, offset, lengthBytes)
    } catch (error) {
      throw journalFailed(error)
    }
    const record = readRecord(frame, header)
    if (record === undefined) throw journalDamaged(this.#files.nameOf(segment), offset)
    return record
  }

  /** Removes all segments before this one, the oldest first; never the one that is written to. Throws LEDGER_DISK_FAILED. */
  async removeBefore(segment: number): Promise<void> {
    try {
      for (const number of this.#headers.keys()) {
        if (number >= segment || number === this.#current.segment) return
        await this.#files.remove(number)
        this.#headers.delete(number)
      }
    } catch (error) {
      throw journalFailed(error)
    }
  }

  /** Writes what is left, if that is possible, and closes the file. A last mark says that its end is no torn one. */
  async close(): Promise<void> {
    try {
      await this.sync()
      await this.#current.file.append(this.#current.encoder.mark(this.#current.writtenBytes))
    } finally {
      this.#failure ??= journalClosed()
      await this.#current.file.close()
    }
  }

  async #commit(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const records = this.#pending
    if (records.length === 0) return
    this.#pending = []
    this.#pendingBytes = 0
    try {
      if (this.#current.writtenBytes >= this.#segmentBytes) await this.#rotate()
      await this.#write(records)
    } catch (error) {
      this.#failure = journalFailed(error)
      throw this.#failure
    }
  }

  async #write(records: readonly JournalRecord[]): Promise<void> {
    const { encoder, file, segment, writtenBytes } = this.#current
    const mark = encoder.mark(writtenBytes)
    const frames = records.map((record) => encoder.record(record))
    await file.append(Buffer.concat([mark, ...frames]))
    await file.sync()
    let offset = writtenBytes + mark.length
    for (const [index, record] of records.entries()) {
      const lengthBytes = frames[index]?.length ?? 0
      this.#listener(record, { segment, offset, lengthBytes })
      offset += lengthBytes
    }
    this.#current.writtenBytes = offset
  }

  async #rotate(): Promise<void> {
    const { segment, file, writtenBytes } = this.#current
    this.#current = await begin(this.#files, this.#random, this.#headers, segment + 1, writtenBytes)
    await file.close()
  }
}

async function begin(
  files: SegmentFiles,
  random: Random,
  headers: Map<number, Uint8Array>,
  segment: number,
  formerBytes: number,
): Promise<Current> {
  const header = segmentHeader(random.bytes(SALT_BYTES), formerBytes)
  const file = await files.create(segment, header)
  headers.set(segment, header)
  return { segment, file, encoder: new SegmentEncoder(header), writtenBytes: HEADER_BYTES }
}

/** Reads all segments; what the last one may lack at its end, the others may not. */
async function recover(
  { files, random }: SegmentLogModules,
  listener: RecordListener,
  headers: Map<number, Uint8Array>,
): Promise<Current> {
  const segments = await files.list()
  const last = segments.at(-1)
  let goodBytes = 0
  for (const [index, segment] of segments.entries()) {
    const former = segment - 1
    if (index > 0 && segments[index - 1] !== former) throw journalDamaged(files.nameOf(former), 0)
    const bytes = await files.read(segment)
    const read = readSegment(bytes)
    if (read.state === 'damaged') throw journalDamaged(files.nameOf(segment), read.goodBytes)
    const header = new Uint8Array(bytes.subarray(0, HEADER_BYTES))
    if (index > 0 && formerBytesOf(header) !== goodBytes) throw journalDamaged(files.nameOf(former), goodBytes)
    if (read.state === 'torn' && segment !== last) throw journalDamaged(files.nameOf(segment), read.goodBytes)
    headers.set(segment, header)
    for (const { record, offset, lengthBytes } of read.found) listener(record, { segment, offset, lengthBytes })
    goodBytes = read.goodBytes
  }
  const header = last === undefined ? undefined : headers.get(last)
  if (last === undefined || header === undefined) return await begin(files, random, headers, 1, 0)
  const file = await files.reopen(last, goodBytes)
  return { segment: last, file, encoder: new SegmentEncoder(header), writtenBytes: goodBytes }
}
