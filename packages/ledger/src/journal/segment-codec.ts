import { crc32 } from 'node:zlib'
import { limits } from '@borgios/core'

/** What a journal keeps. */
export interface JournalRecord {
  /** 1 to 254; what it means is the business of who wrote it. */
  readonly kind: number
  /** Where it belongs in the order of things, a slot or a height: it may be dropped with all before it. */
  readonly epoch: number
  readonly position: number
  readonly payload: Uint8Array
}

/** A record as it stands in its segment. */
export interface FoundRecord {
  readonly record: JournalRecord
  /** Of its frame. */
  readonly offset: number
  readonly lengthBytes: number
}

/** A segment as it was found. */
export interface ReadSegment {
  readonly found: readonly FoundRecord[]
  /** How far it holds together. */
  readonly goodBytes: number
  readonly state:
    | 'whole'
    /** What is behind was never known to be durable: a crash in the middle of a write. */
    | 'torn'
    /** What is behind was durable once. */
    | 'damaged'
}

/** A segment begins with a magic, a salt of 4 bytes, the length u32 of the segment before it (0 for the first) and the checksum of these. */
const MAGIC = Buffer.from('BORGLOG1', 'latin1')
export const SALT_BYTES = 4
export const HEADER_BYTES = MAGIC.length + SALT_BYTES + 4 + 4

/** The header's own checksum: that of the whole header would be the same for every salt. */
const seedOf = (header: Uint8Array): number => Buffer.from(header).readUInt32LE(HEADER_BYTES - 4)

/** Each record: length u32, checksum u32 over length and body, body: kind u8, epoch u64, position u64, payload. Little endian. */
const FRAME_BYTES = 8
const PLACE_BYTES = 1 + 8 + 8
/** The kind of a mark: no place, but u64: all before this position of the segment is durable. */
const MARK = 0
const MARK_BODY_BYTES = 1 + 8
/** The kind of a list of the records before it in its segment: number u32, and of each kind u8, epoch u64, position u64, offset u32, length u32. */
const LIST = 255
const LISTED_BYTES = 1 + 8 + 8 + 4 + 4
export const MARK_BYTES = FRAME_BYTES + MARK_BODY_BYTES

/** Where a record stands, without its payload. */
export type ListedRecord = Omit<JournalRecord, 'payload'> & { readonly offset: number; readonly lengthBytes: number }

export function segmentHeader(salt: Uint8Array, formerBytes: number): Uint8Array {
  const header = Buffer.concat([MAGIC, salt], HEADER_BYTES)
  header.writeUInt32LE(formerBytes, MAGIC.length + SALT_BYTES)
  header.writeUInt32LE(crc32(header.subarray(0, -4)), HEADER_BYTES - 4)
  return header
}

/** How long the segment before it was when it was closed. */
export const formerBytesOf = (header: Uint8Array): number => Buffer.from(header).readUInt32LE(MAGIC.length + SALT_BYTES)

/**
 * Turns records into bytes of one segment. Checksums begin with the segment's salt, so that nobody outside can put into a transaction
 * what passes for a record.
 */
export class SegmentEncoder {
  readonly #seed: number

  constructor(header: Uint8Array) {
    this.#seed = seedOf(header)
  }

  record({ kind, epoch, position, payload }: JournalRecord): Uint8Array {
    const bytes = Buffer.alloc(FRAME_BYTES + PLACE_BYTES + payload.length)
    bytes.writeUInt8(kind, FRAME_BYTES)
    bytes.writeBigUInt64LE(BigInt(epoch), FRAME_BYTES + 1)
    bytes.writeBigUInt64LE(BigInt(position), FRAME_BYTES + 9)
    bytes.set(payload, FRAME_BYTES + PLACE_BYTES)
    return this.#frame(bytes)
  }

  /** Says that all before this position of the segment is durable. */
  mark(positionBytes: number): Uint8Array {
    const bytes = Buffer.alloc(FRAME_BYTES + MARK_BODY_BYTES)
    bytes.writeUInt8(MARK, FRAME_BYTES)
    bytes.writeBigUInt64LE(BigInt(positionBytes), FRAME_BYTES + 1)
    return this.#frame(bytes)
  }

  /** A list of the segment's records, and a mark that says where it begins: the end of a segment that is full. */
  end(listed: readonly ListedRecord[], positionBytes: number): Uint8Array {
    const bytes = Buffer.alloc(FRAME_BYTES + 1 + 4 + listed.length * LISTED_BYTES)
    let at = bytes.writeUInt8(LIST, FRAME_BYTES)
    at = bytes.writeUInt32LE(listed.length, at)
    for (const { kind, epoch, position, offset, lengthBytes } of listed) {
      at = bytes.writeUInt8(kind, at)
      at = bytes.writeBigUInt64LE(BigInt(epoch), at)
      at = bytes.writeBigUInt64LE(BigInt(position), at)
      at = bytes.writeUInt32LE(offset, at)
      at = bytes.writeUInt32LE(lengthBytes, at)
    }
    return Buffer.concat([this.#frame(bytes), this.mark(positionBytes)])
  }

  #frame(bytes: Buffer): Uint8Array {
    bytes.writeUInt32LE(bytes.length - FRAME_BYTES, 0)
    bytes.writeUInt32LE(checksumOf(bytes, this.#seed), 4)
    return bytes
  }
}

/** Of the whole frame but for the place of the checksum itself. */
const checksumOf = (frame: Buffer, seed: number): number =>
  crc32(frame.subarray(FRAME_BYTES), crc32(frame.subarray(0, 4), seed))

/** Whether these are the first bytes of a segment, unharmed. */
export const isHeader = (bytes: Uint8Array): boolean =>
  bytes.length === HEADER_BYTES &&
  MAGIC.equals(bytes.subarray(0, MAGIC.length)) &&
  crc32(bytes.subarray(0, -4)) === seedOf(bytes)

/** Reads a segment as far as it is good. Payloads are views of the bytes. */
export function readSegment(segment: Uint8Array): ReadSegment {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.length)
  const header = bytes.subarray(0, HEADER_BYTES)
  if (!isHeader(header)) {
    return { found: [], goodBytes: 0, state: 'damaged' }
  }
  const seed = seedOf(header)
  const found: FoundRecord[] = []
  let at = HEADER_BYTES
  while (at < bytes.length) {
    const body = bodyAt(bytes, at, seed)
    const record = body === undefined ? undefined : readBody(body)
    if (body === undefined || record === undefined) {
      return { found, goodBytes: at, state: isMarkedBeyond(bytes, at, seed) ? 'damaged' : 'torn' }
    }
    const lengthBytes = FRAME_BYTES + body.length
    if (record !== 'other') found.push({ record, offset: at, lengthBytes })
    at += lengthBytes
  }
  return { found, goodBytes: at, state: 'whole' }
}

/** Reads one frame again; undefined when it is no longer what was written. */
export function readRecord(frame: Uint8Array, header: Uint8Array): JournalRecord | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  const body = bodyAt(bytes, 0, seedOf(header))
  const record = body === undefined ? undefined : readBody(body)
  return record === 'other' ? undefined : record
}

/** Where the last frame of a whole segment says that its list begins; undefined if it says nothing like it. `end`: its last {@link MARK_BYTES}. */
export function listOffset(end: Uint8Array, header: Uint8Array): number | undefined {
  const body = bodyAt(Buffer.from(end), 0, seedOf(header))
  return body?.[0] === MARK && body.length === MARK_BODY_BYTES ? Number(body.readBigUInt64LE(1)) : undefined
}

/** What a list says; undefined if there is none. `frame`: from where it begins to the mark behind it. */
export function readList(frame: Uint8Array, header: Uint8Array): readonly ListedRecord[] | undefined {
  const body = bodyAt(Buffer.from(frame), 0, seedOf(header))
  if (body?.[0] !== LIST || body.length < 5 || body.length !== 5 + body.readUInt32LE(1) * LISTED_BYTES) return undefined
  return Array.from({ length: body.readUInt32LE(1) }, (_, index) => {
    const at = 5 + index * LISTED_BYTES
    return {
      kind: body.readUInt8(at),
      epoch: Number(body.readBigUInt64LE(at + 1)),
      position: Number(body.readBigUInt64LE(at + 9)),
      offset: body.readUInt32LE(at + 17),
      lengthBytes: body.readUInt32LE(at + 21),
    }
  })
}

/** The body of the frame at a position; undefined if there is no good one. */
function bodyAt(bytes: Buffer, at: number, seed: number): Buffer | undefined {
  if (bytes.length - at < FRAME_BYTES + MARK_BODY_BYTES) return undefined
  const length = bytes.readUInt32LE(at)
  if (length > bytes.length - at - FRAME_BYTES || length > PLACE_BYTES + limits.ledgerJournal.maxRecordBytes)
    return undefined
  const frame = bytes.subarray(at, at + FRAME_BYTES + length)
  return frame.readUInt32LE(4) === checksumOf(frame, seed) ? frame.subarray(FRAME_BYTES) : undefined
}

function readBody(body: Buffer): JournalRecord | 'other' | undefined {
  const kind = body[0]
  if (kind === undefined) return undefined
  if (kind === MARK) return body.length === MARK_BODY_BYTES ? 'other' : undefined
  if (kind === LIST) return 'other'
  if (body.length < PLACE_BYTES) return undefined
  const epoch = Number(body.readBigUInt64LE(1))
  const position = Number(body.readBigUInt64LE(9))
  return { kind, epoch, position, payload: body.subarray(PLACE_BYTES) }
}

/** Whether a mark behind a bad place says that the place had been durable. */
function isMarkedBeyond(bytes: Buffer, badAt: number, seed: number): boolean {
  const length = Buffer.from([MARK_BODY_BYTES, 0, 0, 0])
  for (let at = bytes.indexOf(length, badAt); at >= 0; at = bytes.indexOf(length, at + 1)) {
    const body = bodyAt(bytes, at, seed)
    if (body?.[0] === MARK && body.readBigUInt64LE(1) > BigInt(badAt)) return true
  }
  return false
}
