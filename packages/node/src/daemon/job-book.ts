import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { JobId, type JsonObject, limits, type NodeId } from '@borgios/core'
import { type JobRecord, JobRecordSchema } from '@borgios/protocol'
import { checkedFile } from '../config/checked-file.ts'
import { ambiguousSubject, unknownSubject } from '../errors.ts'
import { JobLog } from './job-log.ts'

const recordFile = checkedFile(JobRecordSchema, 'the record of a job')
const RECORD = '.json'
const LOG = '.log'

export const isFinal = (record: JobRecord): boolean => ['done', 'failed', 'cancelled'].includes(record.state)

/**
 * What became of the jobs a user ran: a record and a log each, in one folder that several daemons of the user may share. Only the daemon
 * that asked for a job writes its record. The oldest finished ones are forgotten beyond a bound.
 */
export class JobBook {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the folder, ends what was under way when this node last stopped, and forgets what is too old. */
  async open(self: NodeId): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    for (const record of await this.list()) {
      if (record.requester !== self || isFinal(record)) continue
      const why = 'the node that had asked for it stopped meanwhile. Run it again'
      await this.write({ ...record, state: 'failed', why })
    }
    await this.forgetOldest()
  }

  async write(record: JobRecord): Promise<void> {
    await recordFile.write(this.#recordPath(record.job), record as JobRecord & JsonObject)
  }

  /** Forgets the oldest finished jobs beyond the bound, each with its log. */
  async forgetOldest(): Promise<void> {
    const finished = (await this.list()).filter(isFinal)
    for (const record of finished.slice(0, Math.max(0, finished.length - limits.node.maxJobRecords))) {
      await rm(this.logPath(record.job), { force: true })
      await rm(this.#recordPath(record.job), { force: true })
    }
  }

  /** A log to write for a job that may print `logBytes`; the record must be there already. */
  createLog(job: string, logBytes: number): Promise<JobLog> {
    return JobLog.create(this.logPath(job), logBytes)
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

  #recordPath(job: string): string {
    return join(this.#folder, job + RECORD)
  }
}
