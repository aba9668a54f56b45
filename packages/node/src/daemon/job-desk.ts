import type { JobEvent, JobLimits, JobResult, JobService, JobSpec } from '@borgios/compute'
import { type Clock, JobId, type Logger, limits, messageOf, NodeId, type Random, type Timers } from '@borgios/core'
import type { JobRecord, JobSubmission } from '@borgios/protocol'
import { full } from '../errors.ts'
import { abandoned, isFinal, type JobBook } from './job-book.ts'
import type { JobLog } from './job-log.ts'

export interface JobDeskModules {
  readonly compute: JobService
  /** For what a request leaves out. */
  readonly defaultLimits: JobLimits
  readonly book: JobBook
  /** Throws if a job with such limits cannot be paid for. */
  readonly assertPayable: (limits: JobLimits) => void
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
}

/** A job that was started. */
export interface StartedJob {
  readonly job: JobId
  cancel(reason: Error): void
}

/** A job under way, or one whose end is not written down yet. */
interface OwnJob {
  /** As it stands now. Final only when its log is complete. */
  record: JobRecord
  readonly abort: AbortController
  /** Resolves when it has ended and is written down, or given up; never rejects. */
  booked: Promise<void>
}

/** Runs the jobs of this node's users and keeps book of them. */
export class JobDesk {
  readonly #self: NodeId
  readonly #modules: JobDeskModules
  readonly #own = new Map<string, OwnJob>()
  readonly #stopping = new AbortController()

  constructor(self: NodeId, modules: JobDeskModules) {
    this.#self = self
    this.#modules = modules
  }

  /** Every job in the book as it stands now, oldest first. */
  async list(): Promise<readonly JobRecord[]> {
    return Promise.all((await this.#modules.book.list()).map((record) => this.#asItStands(record)))
  }

  /** A job as it stands now; undefined when the book has none. */
  async read(job: string): Promise<JobRecord | undefined> {
    const own = this.#own.get(job)
    if (own !== undefined) return own.record
    const record = await this.#modules.book.read(job)
    return record === undefined ? undefined : this.#asItStands(record)
  }

  /** Starts a job; resolves once its record is durable. Throws NODE_FULL, NODE_DISK_FULL. */
  async start(request: JobSubmission, node: NodeId | undefined): Promise<StartedJob> {
    if (this.#own.size >= limits.node.maxOwnJobs) {
      throw full(`this node already waits for ${this.#own.size} jobs. Wait for one to end ("borgios job ls")`)
    }
    const { book, clock, random, defaultLimits, assertPayable } = this.#modules
    assertPayable({ ...defaultLimits, ...request.limits })
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
    const own: OwnJob = { record, abort: new AbortController(), booked: Promise.resolve() }
    this.#own.set(job, own)
    try {
      await book.forgetOldest()
      await book.write(record)
      const log = await book.createLog(job, request.limits.logBytes ?? defaultLimits.logBytes)
      own.booked = this.#follow(own, request, node, log).finally(() => this.#own.delete(job))
    } catch (error) {
      this.#own.delete(job)
      await book.forget(job)
      throw error
    }
    return { job, cancel: (reason) => own.abort.abort(reason) }
  }

  /** Cancels everything and waits until it is booked, as far as the disk has room. */
  async stop(reason: Error): Promise<void> {
    this.#stopping.abort(reason)
    const own = [...this.#own.values()]
    for (const { abort } of own) abort.abort(reason)
    await Promise.all(own.map(({ booked }) => booked))
  }

  /** What the book says is old for a job under way here, and for one whose requester ended with it. */
  async #asItStands(record: JobRecord): Promise<JobRecord> {
    const own = this.#own.get(record.job)
    if (own !== undefined || isFinal(record)) return own?.record ?? record
    const { book } = this.#modules
    const requester = NodeId.parse(record.requester)
    const isWaitedFor = requester !== this.#self && (await book.isServedBy(requester))
    // Once more: it may have ended, and been written down, since.
    const latest = (await book.read(record.job)) ?? record
    return isFinal(latest) || isWaitedFor ? latest : abandoned(latest)
  }

  async #follow(own: OwnJob, request: JobSubmission, node: NodeId | undefined, log: JobLog): Promise<void> {
    const { book, compute, defaultLimits, logger } = this.#modules
    const { signal } = own.abort
    let noted: Promise<void> = Promise.resolve()
    const onEvent = (event: JobEvent): void => {
      if (event.kind === 'log') log.print(event.stream, event.bytes)
      else log.append(eventLine(event))
      if (event.kind === 'restart') own.record = { ...own.record, state: 'placing', why: cut(event.why) }
      if (event.kind !== 'state' || isFinal(event)) return
      const { state } = event
      const record = { ...own.record, state, node: event.node ?? own.record.node, why: cut(event.why) }
      own.record = record
      if (state !== 'running') return
      // For the other daemons that share the book; the end says whether it can be written.
      noted = noted
        .then(() => book.write(record))
        .catch((error) => logger.warn('a running job could not be noted', { job: record.job, why: messageOf(error) }))
    }
    let end: JobRecord
    try {
      const options = { job: JobId.parse(own.record.job), onEvent, signal, ...(node === undefined ? {} : { node }) }
      const result = await compute.run(specOf(request, defaultLimits), options)
      end = endedRecord(own.record, result)
    } catch (error) {
      const state = signal.aborted ? 'cancelled' : 'failed'
      end = { ...own.record, state, why: cut(messageOf(error)) }
    }
    await noted
    const logFailure = await log.close().then(() => undefined, messageOf)
    if (logFailure !== undefined) end = withNote(end, `not all it printed could be kept: ${logFailure}`)
    await this.#bookEnd(own, end)
  }

  /** Writes down how a job ended; while that fails, its end is told from memory. */
  async #bookEnd(own: OwnJob, end: JobRecord): Promise<void> {
    const { book, timers, logger } = this.#modules
    const { signal } = this.#stopping
    for (let triesLeft: number = limits.node.bookTries; triesLeft > 0; triesLeft -= 1) {
      try {
        await book.write(end)
        own.record = end
        return
      } catch (error) {
        const why = messageOf(error)
        own.record = withNote(end, `its end could not be written down, so keep what is said here: ${why}`)
        logger.error('a job could not be booked', { job: end.job, why })
      }
      if (signal.aborted) return
      await timers.sleep(limits.node.bookRetryMs, signal).catch(() => {})
    }
  }
}

function specOf(request: JobSubmission, defaults: JobLimits): JobSpec {
  const { program, args, env, inputs } = request
  return { program, args, env, inputs, limits: { ...defaults, ...request.limits } }
}

const cut = (why: string): string => why.slice(0, limits.node.maxWhyChars)

/** The note first: it must not be cut off. */
const withNote = (record: JobRecord, note: string): JobRecord => ({
  ...record,
  why: cut(record.why === '' ? note : `${note}. ${record.why}`),
})

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
    ...(result.receipt !== undefined && { usage: result.receipt.usage }),
    ...(result.doubts.length > 0 && { doubts: [...result.doubts] }),
    outputs: result.outputs.map((output) => ({ ...output })),
  }
}
