import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { decodeBase64Url, limits, messageOf, type Timers } from '@borgios/core'
import {
  AccountViewSchema,
  BlockViewSchema,
  type DaemonEvent,
  DaemonEventSchema,
  type EarnRequest,
  EarnViewSchema,
  EmissionViewSchema,
  ErrorAnswerSchema,
  FILE_BYTES_HEADER,
  FILE_NAME_HEADER,
  FileListSchema,
  HistoryViewSchema,
  JobListSchema,
  type JobSubmission,
  LedgerGenesisViewSchema,
  LedgerStatusViewSchema,
  LightAnswerSchema,
  type LightRequest,
  MembersViewSchema,
  NetworkViewSchema,
  OUTCOME_TRAILER,
  type SendRequest,
  StatusViewSchema,
  SupplyViewSchema,
  TransactionViewSchema,
  WhyViewSchema,
} from '@borgios/protocol'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { openSocketPath } from '../adapters/index.ts'
import { errorFromView } from '../daemon/error-view.ts'
import { daemonBrokeOff, daemonForeign, daemonSilent, nothingRuns } from '../errors.ts'
import { readLines } from './read-lines.ts'

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  /** Instead of `body`: bytes as they come. */
  readonly source?: AsyncIterable<Uint8Array>
  readonly silenceMs: number
}

/** The head of an answer, and its bytes as they come. */
interface Answer {
  readonly message: IncomingMessage
  readonly body: AsyncIterable<Uint8Array>
}

/** What is said beside the bytes of a file. */
export interface PutRequest {
  readonly name: string
  readonly bytes: number | undefined
  /** Such as `3+2`. */
  readonly coding?: string | undefined
}

/** A file as the daemon delivers it. */
export interface DeliveredFile {
  readonly name: string
  readonly bytes: number
  /** Throws the store's error when it is cut short. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Speaks to one daemon through its socket. Errors are those the daemon reports, or NODE_NOT_RUNNING, NODE_DAEMON_SILENT,
 * NODE_DAEMON_BROKE_OFF, NODE_DAEMON_FOREIGN.
 */
export class DaemonClient {
  readonly socket: string
  readonly #timers: Timers
  readonly #signal: AbortSignal | undefined

  /** Every call ends when the signal aborts. */
  constructor(socket: string, timers: Timers, signal?: AbortSignal) {
    this.socket = socket
    this.#timers = timers
    this.#signal = signal
  }

  /** Resolves when the daemon answers at once. */
  async ping(timeoutMs: number = limits.node.pingTimeoutMs): Promise<void> {
    await drain(await this.#call({ method: 'GET', path: '/v1/ping', silenceMs: timeoutMs }))
  }

  status = () => this.#ask('/v1/status', StatusViewSchema)
  network = () => this.#ask('/v1/network', NetworkViewSchema)
  files = async () => (await this.#ask('/v1/files', FileListSchema)).files
  jobs = async () => (await this.#ask('/v1/jobs', JobListSchema)).jobs
  ledgerStatus = () => this.#ask('/v1/ledger/status', LedgerStatusViewSchema)
  ledgerMembers = () => this.#ask('/v1/ledger/members', MembersViewSchema)
  ledgerSupply = () => this.#ask('/v1/ledger/supply', SupplyViewSchema)
  ledgerGenesis = () => this.#ask('/v1/ledger/genesis', LedgerGenesisViewSchema)
  /** Null: the last block. */
  block = (height: number | null) => this.#ask('/v1/ledger/block', BlockViewSchema, { height })
  transaction = (transaction: string) => this.#ask('/v1/ledger/transaction', TransactionViewSchema, { transaction })
  /** Null: that of the wallet, here as in the next. */
  account = (account: string | null) => this.#ask('/v1/ledger/account', AccountViewSchema, { account })
  history = (account: string | null, lines: number) =>
    this.#ask('/v1/wallet/history', HistoryViewSchema, { account, lines })
  /** Proofs: as `AskLedger` of `light`. */
  light = async (request: LightRequest): Promise<readonly Uint8Array[]> => {
    const { parts } = await this.#ask('/v1/ledger/light', LightAnswerSchema, request)
    return parts.map((part) => decodeBase64Url(part) ?? new Uint8Array())
  }
  earn = (request: EarnRequest) => this.#ask('/v1/ledger/earn', EarnViewSchema, request)
  emission = () => this.#ask('/v1/ledger/emission', EmissionViewSchema)
  why = (subject: string) => this.#ask('/v1/why', WhyViewSchema, { subject })

  put(source: AsyncIterable<Uint8Array>, { name, bytes, coding }: PutRequest): AsyncGenerator<DaemonEvent> {
    const query = new URLSearchParams({ name })
    if (bytes !== undefined) query.set('bytes', String(bytes))
    if (coding !== undefined) query.set('coding', coding)
    return this.#events({ ...this.#post(`/v1/files?${query}`), source })
  }

  info = (capability: string, verify: boolean) =>
    this.#events({ ...this.#post('/v1/files/info'), body: { capability, verify } })

  renew = (capability: string, forMs: number) =>
    this.#events({ ...this.#post('/v1/files/renew'), body: { capability, forMs } })

  run = (job: JobSubmission) => this.#events({ ...this.#post('/v1/jobs'), body: job })

  logs = (job: string, follow: boolean) => this.#events({ ...this.#post('/v1/jobs/logs'), body: { job, follow } })

  leave = () => this.#events(this.#post('/v1/ledger/leave'))

  send = (transfer: SendRequest) => this.#events({ ...this.#post('/v1/wallet/send'), body: transfer })

  async open(capability: string): Promise<DeliveredFile> {
    const answer = await this.#call({ ...this.#post('/v1/files/open'), body: { capability } })
    const { headers } = answer.message
    const bytes = Number(headers[FILE_BYTES_HEADER])
    const name = decodeURIComponent(String(headers[FILE_NAME_HEADER] ?? ''))
    return { name, bytes, content: deliveredBytes(answer, bytes) }
  }

  #post = (path: string) => ({ method: 'POST' as const, path, silenceMs: limits.node.eventSilenceMs })

  async #ask<Schema extends TSchema>(path: string, schema: Schema, body?: unknown): Promise<Static<Schema>> {
    const call = { method: body === undefined ? ('GET' as const) : ('POST' as const), path, body }
    const { body: bytes } = await this.#call({ ...call, silenceMs: limits.node.answerTimeoutMs })
    const value = await readJson(bytes)
    const check = Compile(schema)
    if (check.Check(value)) return value
    throw foreignAnswer(path)
  }

  async *#events(call: Call): AsyncGenerator<DaemonEvent> {
    const answer = await this.#call(call)
    const check = Compile(DaemonEventSchema)
    for await (const line of readLines(answer.body)) {
      const event: unknown = JSON.parse(line)
      if (!check.Check(event)) throw foreignAnswer(call.path)
      if (event.event === 'error') throw errorFromView(event.error)
      if (event.event !== 'alive') yield event
    }
  }

  /** Sends a request; resolves with a good answer's head, rejects with the error it reports. */
  async #call(call: Call): Promise<Answer> {
    using short = this.#socketPath()
    const { method, path } = call
    const signal = this.#signal
    const outgoing = request({
      socketPath: short.path,
      method,
      path,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    })
    const silence = () =>
      daemonSilent(
        `the daemon at ${this.socket} does not answer: it may be frozen. Try "borgios down", then "borgios up"`,
      )
    const message = await this.#answerTo(outgoing, call, () => outgoing.destroy(silence()))
    // Whoever reads the answer learns of it.
    outgoing.on('error', () => {})
    const body = this.#whileHeard(wholeBody(message), call.silenceMs, () => message.destroy(silence()))
    if (message.statusCode === 200) return { message, body }
    const value = await readJson(body)
    if (Compile(ErrorAnswerSchema).Check(value)) throw errorFromView(value.error)
    throw foreignAnswer(path)
  }

  /** Passes bytes on. Only while the reader waits for more does silence count: it may itself take as long as it likes. */
  async *#whileHeard(bytes: AsyncGenerator<Uint8Array>, silenceMs: number, silent: () => void) {
    try {
      for (;;) {
        const cancel = this.#timers.after(silenceMs, silent)
        const next = await bytes.next().finally(cancel)
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await bytes.return(undefined)
    }
  }

  async #answerTo(outgoing: ClientRequest, call: Call, silent: () => void): Promise<IncomingMessage> {
    const cancel = this.#timers.after(call.silenceMs, silent)
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
    const sent = this.#send(outgoing, call)
    // A failed upload also fails the answer; a daemon that answered early hangs up on the rest of the upload.
    sent.catch((error) => outgoing.destroy(error instanceof Error ? error : undefined))
    try {
      const [answer] = await answered
      return answer
    } catch (error) {
      throw this.#explain(error)
    } finally {
      cancel()
    }
  }

  async #send(outgoing: ClientRequest, { body, source }: Call): Promise<void> {
    if (source !== undefined) await pipeline(Readable.from(source), outgoing)
    else outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  }

  #socketPath() {
    try {
      return openSocketPath(this.socket)
    } catch (error) {
      throw this.#explain(error)
    }
  }

  #explain(error: unknown): unknown {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
      return nothingRuns(`no daemon answers at ${this.socket}`, { cause: error })
    }
    if (code === 'ECONNRESET' || code === 'EPIPE') {
      return daemonBrokeOff(`the daemon at ${this.socket} broke off: it may have been stopped. See its node.log`, {
        cause: error,
      })
    }
    return error
  }
}

/** The bytes of an answer. Throws NODE_DAEMON_BROKE_OFF when the daemon went away in the middle. */
async function* wholeBody(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* answer as AsyncIterable<Buffer>
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ECONNRESET') throw error
    throw daemonBrokeOff(
      'the daemon broke off in the middle of its answer: it may have been stopped. See its node.log',
      {
        cause: error,
      },
    )
  }
}

async function drain({ body }: Answer): Promise<void> {
  for await (const _ of body);
}

async function readJson(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > limits.node.maxAnswerBytes) throw foreignAnswer('an answer without end')
    parts.push(part)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (cause) {
    throw daemonForeign(`the daemon's answer is no JSON: ${messageOf(cause)}`, { cause })
  }
}

async function* deliveredBytes({ message, body }: Answer, bytes: number): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const part of body) {
    received += part.length
    yield part
  }
  const outcome = message.trailers[OUTCOME_TRAILER]
  if (outcome === 'ok' && received === bytes) return
  const value: unknown = outcome === undefined || outcome === 'ok' ? undefined : JSON.parse(decodeURIComponent(outcome))
  const check = Compile(ErrorAnswerSchema.properties.error)
  if (check.Check(value)) throw errorFromView(value)
  throw daemonBrokeOff(`only ${received} of ${bytes} bytes came: the daemon broke off`)
}

const foreignAnswer = (path: string) =>
  daemonForeign(
    `the daemon's answer to ${path} has another shape: it runs another release. Restart it: "borgios down", "borgios up"`,
  )
