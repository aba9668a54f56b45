import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { JobId, type JsonObject, limits, type NodeId } from '@borgios/core'
import { type JobRecord, JobRecordSchema } from '@borgios/protocol'
import { checkedFile } from '../config/checked-file.ts'
import { ambiguousSubject, unknownSubject } from '../errors.ts'
import { orDiskFull } from './disk-full.ts'
import { JobLog } from './job-log.ts'
import { readPidFile, writePidFile } from './pid-file.ts'

const recordFile = checkedFile(JobRecordSchema, 'the record of a job')
const RECORD = '.json'
const LOG = '.log'
const WHAT = 'the records of jobs'

export const isFinal = ({ state }: Pick<JobRecord, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled'

/** What became of a job that is under way by its record, while nobody is there any more who waits for it. */
export const abandoned = (record: JobRecord): JobRecord => ({
  ...record,
  state: 'failed',
  why: 'the node that had asked for it stopped meanwhile. Run it again',
})

/**
 * What became of the jobs a user ran: a record and a log each, in one folder that several daemons of the user may share. Only the daemon
 * that asked for a job writes its record. The oldest finished ones are forgotten beyond a bound.
 */
export class JobBook {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Makes the folder, ends what was under way when this node last stopped, and forgets what is too old. From now on other daemons see
   * that this one is there.
   */
  async open(self: NodeId): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await orDiskFull(WHAT, this.#folder, writePidFile(this.#pidPath(self)))
    for (const record of await this.list()) {
      if (record.requester !== self || isFinal(record)) continue
      await this.write(abandoned(record))
    }
    await this.forgetOldest()
  }

  /** Says that the daemon of this node is no more. */
  async close(self: NodeId): Promise<void> {
    await rm(this.#pidPath(self), { force: true })
  }

  /** Whether the daemon of a node that shares this book is alive. */
  async isServedBy(node: NodeId): Promise<boolean> {
    return (await readPidFile(this.#pidPath(node))) !== undefined
  }

  /** Throws NODE_DISK_FULL. */
  async write(record: JobRecord): Promise<void> {
    const written = recordFile.write(this.#recordPath(record.job), record as JobRecord & JsonObject)
    await orDiskFull(WHAT, this.#folder, written)
  }

  /** Forgets the oldest finished jobs beyond the bound, each with its log. */
  async forgetOldest(): Promise<void> {
    const finished = (await this.list()).filter(isFinal)
    for (const record of finished.slice(0, Math.max(0, finished.length - limits.node.maxJobRecords))) {
      await this.forget(record.job)
    }
  }

  async forget(job: string): Promise<void> {
    await rm(this.logPath(job), { force: true })
    await rm(this.#recordPath(job), { force: true })
  }

  /** A log to write for a job that may print `logBytes`; the record must be there already. Throws NODE_DISK_FULL. */
  createLog(job: string, logBytes: number): Promise<JobLog> {
    return orDiskFull(WHAT, this.#folder, JobLog.create(this.logPath(job), logBytes))
  }

  logPath(job: string): string {
    return join(this.#folder, job + LOG)
  }

  /** Undefined when there is none, or when it is damaged. */
  async read(job: string): Promise<JobRecord | undefined> {
    return recordFile.read(this.#recordPath(job)).catch(() => undefined)
  }

  /** Oldest first. */
  async list(): Promise<readonly JobRecord[]> {
    const names = await readdir(this.#folder).catch(() => [])
    const jobs = names.filter((name) => name.endsWith(RECORD)).map((name) => name.slice(0, -RECORD.length))
    const known = jobs.filter((job) => JobId.is(job))
    const records: JobRecord[] = []
    // Not all at once: a process may have only so many files open.
    for (let start = 0; start < known.length; start += limits.node.recordsAtOnce) {
      const batch = known.slice(start, start + limits.node.recordsAtOnce)
      const found = await Promise.all(batch.map((job) => this.read(job)))
      records.push(...found.filter((record) => record !== undefined))
    }
    return records.sort((left, right) => left.submittedAtMs - right.submittedAtMs)
  }

  /** The one job whose id begins so. Throws NODE_UNKNOWN or NODE_AMBIGUOUS. */
  async find(beginning: string): Promise<JobRecord> {
    const found = (await this.list()).filter((record) => record.job.startsWith(beginning))
    const [first] = found
    if (first === undefined) {
      throw unknownSubject(`no job of yours has an id that begins with "${beginning}". "borgios job ls" lists them`)
    }
    if (found.length > 1) throw ambiguousSubject(`${found.length} jobs begin with "${beginning}": give more of the id`)
    return first
  }

  #pidPath(node: NodeId): string {
    return join(this.#folder, `${node}.pid`)
  }

  #recordPath(job: string): string {
    return join(this.#folder, job + RECORD)
  }
}
