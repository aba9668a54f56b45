import { type FileHandle, open } from 'node:fs/promises'
import { encodeBase64Url, limits, type Timers } from '@borgios/core'
import { type DaemonEvent, DaemonEventSchema } from '@borgios/protocol'
import { Compile } from 'typebox/schema'

const eventCheck = Compile(DaemonEventSchema)
const READ_BYTES = 64 * 1024
const NEWLINE = 0x0a
/** One event of a log holds about as much as one read. */
const MERGED_BYTES = 48 * 1024
const CUT = 'its log is full: what follows is not kept'

const lineOf = (event: DaemonEvent): Buffer => Buffer.from(`${JSON.stringify(event)}\n`)

/** What a program printed and is not written yet. */
interface Printed {
  readonly stream: Stream
  readonly parts: Uint8Array[]
  bytes: number
}

type Stream = 'stdout' | 'stderr'

/** The events of one job, a line each, in a file that readers may follow while it grows. */
export class JobLog {
  readonly #file: FileHandle
  readonly #maxBytes: number
  #writing: Promise<void> = Promise.resolve()
  #unwritten: Printed | undefined
  #bytes = 0
  #isCut = false

  private constructor(file: FileHandle, maxBytes: number) {
    this.#file = file
    this.#maxBytes = maxBytes
  }

  /** For a job that may print `logBytes`. */
  static async create(path: string, logBytes: number): Promise<JobLog> {
    const maxBytes = limits.node.jobLogSpareBytes + limits.node.jobLogFactor * logBytes
    return new JobLog(await open(path, 'a', 0o600), maxBytes)
  }

  /** What a program prints; small pieces become one event while the disk is busy. */
  print(stream: Stream, bytes: Uint8Array): void {
    const open = this.#unwritten
    if (open?.stream === stream && open.bytes + bytes.length <= MERGED_BYTES) {
      open.parts.push(bytes)
      open.bytes += bytes.length
      return
    }
    const printed: Printed = { stream, parts: [bytes], bytes: bytes.length }
    this.#unwritten = printed
    this.#queue(() => {
      if (this.#unwritten === printed) this.#unwritten = undefined
      return { event: 'log', stream, data: encodeBase64Url(Buffer.concat(printed.parts)) }
    })
  }

  /** Queued and written in order. What is too much for the log is left out, and the log says so. */
  append(event: DaemonEvent): void {
    this.#unwritten = undefined
    this.#queue(() => event)
  }

  #queue(take: () => DaemonEvent): void {
    this.#writing = this.#writing.then(() => this.#write(take()))
    // A full disk must not end the job: whoever closes the log learns of it.
    this.#writing.catch(() => {})
  }

  async #write(event: DaemonEvent): Promise<void> {
    // What was printed so far is void: the bound holds for each attempt.
    if (event.event === 'restart') [this.#bytes, this.#isCut] = [0, false]
    const line = lineOf(event)
    if (this.#bytes + line.length <= this.#maxBytes) {
      this.#bytes += line.length
      await this.#file.appendFile(line)
    } else if (!this.#isCut) {
      this.#isCut = true
      await this.#file.appendFile(lineOf({ event: 'state', state: 'running', node: null, why: CUT }))
    }
  }

  /** Resolves when everything appended is in the file; rejects when some of it could not be written. */
  async close(): Promise<void> {
    try {
      await this.#writing
      await this.#file.datasync()
    } finally {
      await this.#file.close()
    }
  }
}

export interface FollowOptions {
  /** Whether the writer may still add lines. */
  readonly isGrowing: () => Promise<boolean>
  readonly timers: Timers
  readonly signal: AbortSignal
}

/** Every event of a log in order; while it grows, waits for more. Memory stays bounded by one line. */
export async function* readJobLog(path: string, options: FollowOptions): AsyncGenerator<DaemonEvent> {
  const file = await open(path, 'r').catch(() => undefined)
  if (file === undefined) return
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let position = 0; ; ) {
      // Asked before reading: whatever was written before the end is then surely read.
      const isGrowing = await options.isGrowing()
      const { bytesRead, buffer } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, position)
      options.signal.throwIfAborted()
      if (bytesRead === 0) {
        if (!isGrowing) return
        await options.timers.sleep(limits.node.followPollMs, options.signal)
        continue
      }
      position += bytesRead
      const lines = splitLines(Buffer.concat([rest, buffer.subarray(0, bytesRead)]))
      rest = lines.rest
      for (const line of lines.whole) {
        const event = parseEvent(line)
        if (event !== undefined) yield event
      }
      // Longer than any event of ours: not our file.
      if (rest.length > limits.node.maxAnswerBytes) return
    }
  } finally {
    await file.close()
  }
}

function splitLines(bytes: Buffer): { whole: readonly string[]; rest: Buffer } {
  const end = bytes.lastIndexOf(NEWLINE)
  if (end < 0) return { whole: [], rest: bytes }
  return { whole: bytes.subarray(0, end).toString('utf8').split('\n'), rest: Buffer.from(bytes.subarray(end + 1)) }
}

function parseEvent(line: string): DaemonEvent | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return eventCheck.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}
