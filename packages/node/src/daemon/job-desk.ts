import type { JobEvent, JobLimits, JobResult, JobService, JobSpec } from '@borgios/compute'
import { type Clock, JobId, type Logger, limits, messageOf, type NodeId, type Random } from '@borgios/core'
import type { JobRecord, JobSubmission } from '@borgios/protocol'
import { full } from '../errors.ts'
import type { JobBook } from './job-book.ts'
import type { JobLog } from './job-log.ts'

export interface JobDeskModules {
  readonly compute: JobService
  /** For what a request leaves out. */
  readonly defaultLimits: JobLimits
  readonly book: JobBook
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** A job under way. */
export interface OwnJob {
  readonly job: JobId
  cancel(reason: Error): void
  /** Resolves when it has ended and its record is durable; never rejects. */
  readonly ended: Promise<void>
}

/** Runs the jobs of this node's users and keeps book of them. */
export class JobDesk {
  readonly #self: NodeId
  readonly #modules: JobDeskModules
  readonly #own = new Map<string, OwnJob>()

  constructor(self: NodeId, modules: JobDeskModules) {
    this.#self = self
    this.#modules = modules
  }

  isRunning(job: string): boolean {
    return this.#own.has(job)
  }

  /** Starts a job; resolves once its record is durable. Throws NODE_FULL. */
  async start(request: JobSubmission, node: NodeId | undefined): Promise<OwnJob> {
    if (this.#own.size >= limits.node.maxOwnJobs) {
      throw full(`this node already waits for ${this.#own.size} jobs. Wait for one to end ("borgios job ls")`)
    }
    const { book, clock, random, defaultLimits } = this.#modules
    const job = JobId.fromBytes(random.bytes(16))
    const record: JobRecord = {
      job,
      name: request.name,
      state: 'placing',
      exitCode: null,
      node: node ?? null,
      why: '',
      requester: this.#self,
      submittedAtMs: clock.nowMs(),
      wallTimeMs: null,
      outputs: [],
    }
    await book.forgetOldest()
    await book.write(record)
    const log = await book.createLog(job, request.limits.logBytes ?? defaultLimits.logBytes)
    const abort = new AbortController()
    const ended = this.#follow(record, request, node, log, abort.signal).finally(() => this.#own.delete(job))
    const own: OwnJob = { job, cancel: (reason) => abort.abort(reason), ended }
    this.#own.set(job, own)
    return own
  }

  /** Cancels everything and waits until it is booked. */
  async stop(reason: Error): Promise<void> {
    const own = [...this.#own.values()]
    for (const job of own) job.cancel(reason)
    await Promise.all(own.map((job) => job.ended))
  }

  async #follow(
    start: JobRecord,
    request: JobSubmission,
    node: NodeId | undefined,
    log: JobLog,
    signal: AbortSignal,
  ): Promise<void> {
    let record = start
    const onEvent = (event: JobEvent): void => {
      if (event.kind === 'log') log.print(event.stream, event.bytes)
      else log.append(eventLine(event))
      if (event.kind === 'restart') record = { ...record, state: 'placing', why: cut(event.why) }
      if (event.kind === 'state') {
        record = { ...record, state: event.state, node: event.node ?? record.node, why: cut(event.why) }
      }
    }
    try {
      const job = JobId.parse(start.job)
      const options = { job, onEvent, signal, ...(node === undefined ? {} : { node }) }
      record = endedRecord(
        record,
        await this.#modules.compute.run(specOf(request, this.#modules.defaultLimits), options),
      )
    } catch (error) {
      const state = signal.aborted ? 'cancelled' : 'failed'
      record = { ...record, state, why: cut(messageOf(error)) }
    }
    await this.#book(record, log)
  }

  async #book(record: JobRecord, log: JobLog): Promise<void> {
    const { book, logger } = this.#modules
    try {
      // The record first: whoever reads the log's last line may ask for it at once.
      await book.write(record)
      log.append({ event: 'job', job: record })
      await log.close()
    } catch (error) {
      logger.error('a job could not be booked', { job: record.job, why: messageOf(error) })
    }
  }
}

function specOf(request: JobSubmission, defaults: JobLimits): JobSpec {
  const { program, args, env, inputs } = request
  return { program, args, env, inputs, limits: { ...defaults, ...request.limits } }
}

const cut = (why: string): string => why.slice(0, limits.node.maxWhyChars)

function eventLine(event: Exclude<JobEvent, { kind: 'log' }>) {
  if (event.kind === 'restart') return { event: 'restart' as const, why: cut(event.why) }
  return { event: 'state' as const, state: event.state, node: event.node ?? null, why: cut(event.why) }
}

function endedRecord(record: JobRecord, result: JobResult): JobRecord {
  return {
    ...record,
    state: result.state,
    exitCode: result.exitCode ?? null,
    node: result.node,
    why: cut(result.why),
    wallTimeMs: result.wallTimeMs,
    outputs: result.outputs.map((output) => ({ ...output })),
  }
}
