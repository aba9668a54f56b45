import { type FileHandle, open } from 'node:fs/promises'
import { limits, type Timers } from '@borgios/core'
import { type DaemonEvent, DaemonEventSchema } from '@borgios/protocol'
import { Compile } from 'typebox/compile'

const eventCheck = Compile(DaemonEventSchema)
const READ_BYTES = 64 * 1024
const NEWLINE = 0x0a

/** The events of one job, a line each, in a file that readers may follow while it grows. */
export class JobLog {
  readonly #file: FileHandle
  #writing: Promise<void> = Promise.resolve()
  #bytes = 0

  private constructor(file: FileHandle) {
    this.#file = file
  }

  static async create(path: string): Promise<JobLog> {
    return new JobLog(await open(path, 'a', 0o600))
  }

  /** Queued and written in order; dropped once the log is as large as it may be (compute bounds what a job prints well below). */
  append(event: DaemonEvent): void {
    const line = Buffer.from(`${JSON.stringify(event)}\n`)
    const isLast = event.event === 'job'
    if (!isLast && this.#bytes + line.length > limits.node.maxJobLogBytes) return
    this.#bytes += line.length
    this.#writing = this.#writing.then(async () => {
      await this.#file.write(line)
    })
    // A full disk must not end the job: whoever closes the log learns of it.
    this.#writing.catch(() => {})
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
        if (event?.event === 'job') return
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
