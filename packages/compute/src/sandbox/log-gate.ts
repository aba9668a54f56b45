import { formatBytes, limits, type Timers } from '@borgios/core'

type LogStream = 'stdout' | 'stderr'
type LogSink = (stream: LogStream, bytes: Uint8Array) => Promise<void>

/**
 * Passes what a program writes on stdout and stderr to a sink, as much as `logBytes` in all; then says once that the rest is
 * dropped, and reads on at a walking pace so that the program can finish but a flood costs this node little.
 */
export class LogGate {
  readonly #logBytes: number
  readonly #sink: LogSink
  readonly #timers: Timers
  #passedBytes = 0
  #truncated = false

  constructor(logBytes: number, sink: LogSink, timers: Timers) {
    this.#logBytes = logBytes
    this.#sink = sink
    this.#timers = timers
  }

  /** Reads one of the streams to its end. Throws the signal's reason when that comes first, also while the sink takes its time. */
  async drain(stream: LogStream, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    for await (const chunk of chunks) {
      const room = Math.min(chunk.length, this.#logBytes - this.#passedBytes)
      this.#passedBytes += room
      for (let offset = 0; offset < room; offset += limits.compute.maxLogChunkBytes) {
        await this.#pass(
          stream,
          chunk.subarray(offset, Math.min(room, offset + limits.compute.maxLogChunkBytes)),
          signal,
        )
      }
      if (room === chunk.length) continue
      await this.#truncate(signal)
      await this.#timers.sleep(limits.compute.floodPauseMs, signal)
    }
  }

  async #pass(stream: LogStream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      await Promise.race([aborted, this.#sink(stream, bytes)])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #truncate(signal: AbortSignal): Promise<void> {
    if (this.#truncated) return
    this.#truncated = true
    const note = `\n[borgios: the log limit of ${formatBytes(this.#logBytes)} is reached, the rest is dropped]\n`
    await this.#pass('stderr', new TextEncoder().encode(note), signal)
  }
}
