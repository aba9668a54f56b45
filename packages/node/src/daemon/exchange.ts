import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorKind, type LentBytes, limits, messageOf, type Timers } from '@borgios/core'
import {
  type DaemonEvent,
  FILE_BYTES_HEADER,
  FILE_NAME_HEADER,
  type FileEntry,
  OUTCOME_TRAILER,
} from '@borgios/protocol'
import type { Static, TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/schema'
import { badRequest, stopping } from '../errors.ts'
import { errorView } from './error-view.ts'

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  denied: 403,
  notFound: 404,
  conflict: 409,
  exhausted: 507,
  unavailable: 503,
  timeout: 504,
  corrupt: 500,
  byzantine: 502,
}

/** A check of a request's body, made once for each route. */
export const bodyCheck = <Schema extends TSchema>(schema: Schema) => Compile(schema)
type BodyCheck<Schema extends TSchema> = Validator<Schema, Static<Schema>>

/** One request on the daemon's socket and its answer. */
export class Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #timers: Timers
  readonly #hangUp = new AbortController()
  readonly query: URLSearchParams

  constructor(request: IncomingMessage, response: ServerResponse, query: URLSearchParams, timers: Timers) {
    this.#request = request
    this.#response = response
    this.query = query
    this.#timers = timers
    response.on('close', () => {
      if (!response.writableFinished) this.#hangUp.abort(stopping('the caller hung up'))
    })
    response.on('error', () => {})
  }

  /** Aborted when the caller hangs up before the answer is complete. */
  get signal(): AbortSignal {
    return this.#hangUp.signal
  }

  /** The bytes of the body; the sender is held back while nobody takes them. */
  get body(): AsyncIterable<Uint8Array> {
    return this.#request
  }

  /** The body as JSON of a certain shape. Throws NODE_BAD_REQUEST. */
  async json<Schema extends TSchema>(check: BodyCheck<Schema>): Promise<Static<Schema>> {
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of this.body) {
      bytes += part.length
      if (bytes > limits.node.maxRequestBytes)
        throw badRequest(`a request may have ${limits.node.maxRequestBytes} bytes`)
      parts.push(part)
    }
    let value: unknown
    try {
      value = JSON.parse(Buffer.concat(parts).toString('utf8'))
    } catch (cause) {
      throw badRequest(`the request is no JSON: ${messageOf(cause)}`, { cause })
    }
    if (check.Check(value)) return value
    const [, [first]] = check.Errors(value)
    throw badRequest(
      `the request does not fit: ${first?.instancePath || 'it'} ${first?.message ?? 'has another shape'}`,
    )
  }

  answer(value: unknown): void {
    this.#response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

  /** Says what went wrong: as the answer, or, when one has begun, by cutting it off. */
  fail(thrown: unknown): void {
    const view = errorView(thrown)
    if (this.#response.headersSent) {
      this.#response.destroy()
      return
    }
    const response = this.#response.writeHead(STATUS[view.kind], {
      'content-type': 'application/json',
      connection: 'close',
    })
    response.write(JSON.stringify({ error: view }))
    void this.#discardRest().then(() => response.end())
  }

  /** Takes the rest of an upload: closing on it would cost the caller the answer that is under way. */
  async #discardRest(): Promise<void> {
    const request = this.#request
    if (request.complete || request.destroyed) return
    const late = new AbortController()
    const cancel = this.#timers.after(limits.node.discardMs, () => late.abort())
    request.resume()
    // Whoever hangs up or sends without end is left to it.
    await once(request, 'end', { signal: AbortSignal.any([late.signal, this.signal]) }).catch(() => {})
    cancel()
  }

  /**
   * Answers with a stream of events, which ends when `produce` does; an error it throws becomes the last event. A sign of life
   * goes out meanwhile, so that a slow answer is no dead one.
   */
  async events(produce: (send: (event: DaemonEvent) => Promise<void>) => Promise<void>): Promise<void> {
    const response = this.#response
    response.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' })
    response.flushHeaders()
    const send = (event: DaemonEvent) => this.#write(`${JSON.stringify(event)}\n`)
    let cancel = () => {}
    const beat = () => {
      if (!response.writableNeedDrain) response.write('{"event":"alive"}\n')
      cancel = this.#timers.after(limits.node.heartbeatMs, beat)
    }
    cancel = this.#timers.after(limits.node.heartbeatMs, beat)
    try {
      await produce(send)
    } catch (error) {
      if (!this.signal.aborted) await send({ event: 'error', error: errorView(error) })
      await this.#discardRest()
    } finally {
      cancel()
    }
    response.end()
  }

  /** Answers with the bytes of a file. What cuts them short stands in the trailer. */
  async file(entry: Pick<FileEntry, 'name' | 'bytes'>, content: AsyncIterable<LentBytes>): Promise<void> {
    const response = this.#response
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      connection: 'close',
      trailer: OUTCOME_TRAILER,
      [FILE_BYTES_HEADER]: entry.bytes,
      [FILE_NAME_HEADER]: encodeURIComponent(entry.name),
    })
    response.flushHeaders()
    let outcome = 'ok'
    try {
      for await (using part of content) await this.#writeOut(part.bytes)
    } catch (error) {
      if (this.signal.aborted) return
      outcome = encodeURIComponent(JSON.stringify(errorView(error)))
    }
    response.addTrailers({ [OUTCOME_TRAILER]: outcome })
    response.end()
  }

  /** Writes and waits until the system has taken all of it: the memory may be used again. Rejects when the reader has gone. */
  async #writeOut(bytes: Uint8Array): Promise<void> {
    this.signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Node does not call back for a response whose socket is gone already.
    const onHangUp = (): void => reject(this.signal.reason)
    this.signal.addEventListener('abort', onHangUp, { once: true })
    this.#response.write(bytes, (error) => (error ? reject(error) : resolve()))
    await promise.finally(() => this.signal.removeEventListener('abort', onHangUp))
  }

  /** Writes and waits until the reader keeps up. Rejects when the reader has gone. */
  async #write(data: string | Uint8Array): Promise<void> {
    this.signal.throwIfAborted()
    if (!this.#response.write(data)) await once(this.#response, 'drain', { signal: this.signal })
  }
}
