import { limits } from '@borgios/core'
import type { ByteStream } from '../engine/engine.ts'
import { closed, misbehaved, unreachable } from '../errors.ts'
import type { Caller, PeerStream, StreamMessage } from '../peer-network.ts'
import { MessageReader, payloadBuffers } from './message-reader.ts'
import { toPieces } from './message-writer.ts'

interface Receiver {
  resolve(message: StreamMessage | undefined): void
  reject(reason: Error): void
}

/** A {@link PeerStream} over a byte stream. Holds at most `limits.peertree.streamReadAhead` messages that nobody asked for yet. */
export class BulkStream implements PeerStream {
  readonly remote: Caller
  readonly #stream: ByteStream
  readonly #reader: MessageReader
  #unread: Uint8Array[] = []
  readonly #ready: StreamMessage[] = []
  readonly #receivers: Receiver[] = []
  #drained: PromiseWithResolvers<void> | undefined
  /** Sends go one after another, each whole. */
  #turn: Promise<void> = Promise.resolve()
  #ended = false
  #peerEnded = false
  #broken: Error | undefined
  #over = false
  #onOver: (() => void) | undefined
  #discarding = false

  /** Call in the turn in which the byte stream was handed over. `onOver` is called once, when both directions are over. */
  constructor(remote: Caller, stream: ByteStream, buffers = payloadBuffers(), onOver?: () => void) {
    this.remote = remote
    this.#reader = new MessageReader(buffers)
    this.#stream = stream
    this.#onOver = onOver
    stream.listen({
      onData: (chunk) => {
        if (this.#discarding) return
        this.#unread.push(chunk)
        this.#pump()
      },
      onDrain: () => this.#drained?.resolve(),
      onEnd: () => {
        this.#peerEnded = true
        this.#pump()
      },
      onClose: () => this.#onClose(),
    })
  }

  send(message: StreamMessage): Promise<void> {
    let pieces: readonly Uint8Array[]
    try {
      pieces = toPieces(message)
    } catch (error) {
      return Promise.reject(error)
    }
    const sent = this.#turn.then(() => this.#write(pieces))
    this.#turn = sent.catch(() => {})
    return sent
  }

  receive(): Promise<StreamMessage | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<StreamMessage | undefined>()
    this.#receivers.push({ resolve, reject })
    this.#pump()
    return promise
  }

  async end(): Promise<void> {
    await this.#turn
    if (this.#broken !== undefined) throw this.#broken
    if (this.#ended) return
    this.#ended = true
    try {
      await this.#stream.end()
    } catch (cause) {
      throw this.#broken ?? unreachable('the stream broke off before everything was handed over', {}, cause)
    }
  }

  abort(reason: Error): void {
    this.#break(reason)
    this.#stream.abort(reason)
  }

  /** Throws away whatever still comes, so that the other side can finish. */
  discard(): void {
    this.#discarding = true
    this.#unread = []
    this.#ready.length = 0
    this.#stream.resume()
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (this.#broken !== undefined) throw this.#broken
      if (this.#ended || this.#over) throw closed('the stream is closed')
      // A copy: the multiplexer and TLS hold what they were given for longer than `send` takes, and callers use buffers again.
      if (this.#stream.write(piece.slice())) continue
      this.#drained = Promise.withResolvers()
      await this.#drained.promise
    }
  }

  /** Reads as many messages as may be held, and hands them to who waits. */
  #pump(): void {
    try {
      this.#read()
    } catch (error) {
      this.#unread = []
      this.abort(error instanceof Error ? error : misbehaved('the peer broke the stream protocol'))
      return
    }
    while (this.#receivers.length > 0) {
      const message = this.#ready.shift()
      if (message === undefined) break
      this.#receivers.shift()?.resolve(message)
    }
    const starved = this.#receivers.length > 0
    if (starved && this.#unread.length > 0) {
      this.#pump()
      return
    }
    if (starved) this.#answerStarved()
    if (this.#broken !== undefined || this.#over) return
    if (this.#ready.length >= limits.peertree.streamReadAhead) this.#stream.pause()
    else this.#stream.resume()
  }

  #read(): void {
    while (this.#ready.length < limits.peertree.streamReadAhead) {
      const chunk = this.#unread[0]
      if (chunk === undefined) return
      const { consumed, message } = this.#reader.take(chunk)
      if (consumed === chunk.length) this.#unread.shift()
      else this.#unread[0] = chunk.subarray(consumed)
      if (message !== undefined) this.#ready.push(message)
    }
  }

  /** Nothing more can come for those who wait. */
  #answerStarved(): void {
    const broken = this.#broken
    const finished = this.#peerEnded && this.#unread.length === 0
    if (finished && this.#reader.isBetween)
      for (const receiver of this.#receivers.splice(0)) receiver.resolve(undefined)
    else if (broken !== undefined) for (const receiver of this.#receivers.splice(0)) receiver.reject(broken)
    else if (finished) this.abort(misbehaved('the peer ended the stream within a message'))
  }

  #onClose(): void {
    this.#over = true
    if (!this.#peerEnded || !this.#ended) this.#break(unreachable(`the stream with ${this.remote.node} broke off`))
    this.#onOver?.()
    this.#onOver = undefined
  }

  #break(reason: Error): void {
    this.#broken ??= reason
    this.#drained?.reject(this.#broken)
    this.#drained?.promise.catch(() => {})
    // What came whole may still be received; then everyone is told.
    this.#pump()
  }
}
