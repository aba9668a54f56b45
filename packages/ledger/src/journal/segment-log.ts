import { assert, limits, type Random } from '@borgios/core'
import { journalClosed, journalDamaged, journalFailed } from '../errors.ts'
import {
  formerBytesOf,
  HEADER_BYTES,
  isHeader,
  type JournalRecord,
  type ListedRecord,
  listOffset,
  MARK_BYTES,
  readList,
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
  /** What stands in it, for a list at its end. */
  readonly listed: ListedRecord[]
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
  readonly #isListed: boolean
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
    isListed: boolean,
    headers: Map<number, Uint8Array>,
    current: Current,
  ) {
    this.#isListed = isListed
    this.#files = files
    this.#segmentBytes = segmentBytes
    this.#random = random
    this.#listener = listener
    this.#headers = headers
    this.#current = current
  }

  /**
   * Opens a log, or begins one. A torn end is cut off. When it is listed, of segments that were closed only the lists at their ends are read,
   * and the listener is given no payloads; damage to the rest is noticed when it is read. Throws LEDGER_JOURNAL_CORRUPT when something is wrong
   * where all had been durable, LEDGER_DISK_FULL, LEDGER_DISK_FAILED.
   */
  static async open(modules: SegmentLogModules, listener: RecordListener, isListed = false): Promise<SegmentLog> {
    try {
      const headers = new Map<number, Uint8Array>()
      const current = await recover(modules, listener, headers, isListed)
      return new SegmentLog(modules, listener, isListed, headers, current)
    } catch (error) {
      throw journalFailed(error)
    }
  }

  /** Takes a record to be written. Throws what an earlier write failed with: LEDGER_DISK_FULL, LEDGER_DISK_FAILED. */
  append(record: JournalRecord): void {
    if (this.#failure !== undefined) throw this.#failure
    assert(record.kind >= 1 && record.kind <= 254, 'a record has a kind')
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
      if (this.#isListed) this.#current.listed.push(listedOf(record, offset, lengthBytes))
      offset += lengthBytes
    }
    this.#current.writtenBytes = offset
  }

  /** Ends the segment with a list of what stands in it, unless that would be too long to be a record. */
  async #list(): Promise<void> {
    const { encoder, file, listed, writtenBytes } = this.#current
    const end = encoder.end(listed, writtenBytes)
    if (end.length > bounds.maxRecordBytes) return
    await file.append(end)
    await file.sync()
    this.#current.writtenBytes += end.length
  }

  async #rotate(): Promise<void> {
    if (this.#isListed) await this.#list()
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
  return { segment, file, encoder: new SegmentEncoder(header), writtenBytes: HEADER_BYTES, listed: [] }
}

const listedOf = ({ kind, epoch, position }: JournalRecord, offset: number, lengthBytes: number): ListedRecord => ({
  kind,
  epoch,
  position,
  offset,
  lengthBytes,
})

/** What stands in a segment, and how far it is good. */
interface Contents {
  readonly header: Uint8Array
  readonly goodBytes: number
  readonly listed: readonly ListedRecord[]
}

/** Goes through all segments; what the last one may lack at its end, the others may not. */
async function recover(
  { files, random }: SegmentLogModules,
  listener: RecordListener,
  headers: Map<number, Uint8Array>,
  isListed: boolean,
): Promise<Current> {
  const segments = await files.list()
  let last: (Contents & { readonly segment: number }) | undefined
  for (const [index, segment] of segments.entries()) {
    const former = segment - 1
    if (index > 0 && segments[index - 1] !== former) throw journalDamaged(files.nameOf(former), 0)
    const isLast = index === segments.length - 1
    const list = isListed && !isLast ? await readListed(files, segment, listener) : undefined
    const contents = list ?? (await readWhole(files, segment, listener, isLast))
    if (last !== undefined && formerBytesOf(contents.header) !== last.goodBytes) {
      throw journalDamaged(files.nameOf(former), last.goodBytes)
    }
    headers.set(segment, contents.header)
    last = { segment, ...contents }
  }
  if (last === undefined) return await begin(files, random, headers, 1, 0)
  const { segment, header, goodBytes, listed } = last
  const file = await files.reopen(segment, goodBytes)
  return { segment, file, encoder: new SegmentEncoder(header), writtenBytes: goodBytes, listed: [...listed] }
}

async function readWhole(
  files: SegmentFiles,
  segment: number,
  listener: RecordListener,
  isLast: boolean,
): Promise<Contents> {
  const bytes = await files.read(segment)
  const { found, goodBytes, state } = readSegment(bytes)
  if (state === 'damaged' || (state === 'torn' && !isLast)) throw journalDamaged(files.nameOf(segment), goodBytes)
  for (const { record, offset, lengthBytes } of found) listener(record, { segment, offset, lengthBytes })
  const header = new Uint8Array(bytes.subarray(0, HEADER_BYTES))
  return {
    header,
    goodBytes,
    listed: found.map(({ record, ...place }) => listedOf(record, place.offset, place.lengthBytes)),
  }
}

const NO_PAYLOAD = new Uint8Array(0)

/** Of a segment behind which another one stands, by its list; undefined if it has none that is good. */
async function readListed(
  files: SegmentFiles,
  segment: number,
  listener: RecordListener,
): Promise<Contents | undefined> {
  const [header, following] = await Promise.all(
    [segment, segment + 1].map((number) => files.readPart(number, 0, HEADER_BYTES)),
  )
  if (header === undefined || following === undefined || !isHeader(header) || !isHeader(following)) return undefined
  const goodBytes = formerBytesOf(following)
  const offset = listOffset(await files.readPart(segment, goodBytes - MARK_BYTES, MARK_BYTES), header)
  if (offset === undefined || offset >= goodBytes) return undefined
  const listed = readList(await files.readPart(segment, offset, goodBytes - MARK_BYTES - offset), header)
  if (listed === undefined) return undefined
  for (const { kind, epoch, position, offset: at, lengthBytes } of listed) {
    listener({ kind, epoch, position, payload: NO_PAYLOAD }, { segment, offset: at, lengthBytes })
  }
  return { header: new Uint8Array(header), goodBytes, listed }
}
