import type { ExpectedJob, JobEarnings } from '@borgios/compute'
import { JobId, type Logger, limits, type Timers } from '@borgios/core'
import {
  holdTable,
  type JobHoldView,
  jobHoldIdOf,
  jobHoldOn,
  type Ledger,
  type MeterReading,
  memberOf,
  moneyOperations,
  type StateReader,
} from '@borgios/ledger'
import type { JobUsage, Operation } from '@borgios/protocol'
import { jobUnpaid } from '../errors.ts'
import { jobOperation, readingOf } from './ledger-escrow.ts'

const bounds = limits.node
const NOTHING: MeterReading = { cpuMs: 0, mibMs: 0 }

export interface JobClaimsModules {
  readonly ledger: Pick<Ledger, 'state' | 'onFinal'>
  /** 32 bytes: this node. */
  readonly node: Uint8Array
  readonly timers: Timers
  /** Called when an operation is owed. */
  readonly onOwed: () => void
  readonly logger: Logger
}

/** What this node says a job cost. */
interface Claim {
  readonly reading: MeterReading
  payer: Uint8Array | undefined
  tries: number
}

/** Bills for the jobs that this node runs for others: none is run before its money is there, and each is claimed once it ended. */
export class JobClaims implements JobEarnings {
  readonly #modules: JobClaimsModules
  readonly #claims = new Map<JobId, Claim>()
  /** Who pays for jobs that were expected here. */
  readonly #payers = new Map<JobId, Uint8Array>()

  constructor(modules: JobClaimsModules) {
    this.#modules = modules
  }

  /** Throws NODE_JOB_UNPAID, or the signal's reason. A node that is no member of the ledger expects no money. */
  async expect({ job, mostUsage }: ExpectedJob, signal: AbortSignal): Promise<void> {
    const { ledger, node } = this.#modules
    if (memberOf(ledger.state, node)?.state !== 'active') return
    const { payer, terms } = await this.#held(job, signal)
    this.#payers.set(job, payer)
    const { cpuMs, mibMs } = readingOf(mostUsage)
    if (terms.most.cpuMs >= cpuMs && terms.most.mibMs >= mibMs) return
    throw jobUnpaid('less money is set aside for the job than its limits allow it to cost')
  }

  ran(job: JobId, usage: JobUsage): void {
    this.#claim(job, readingOf(usage))
  }

  gaveUp(job: JobId): void {
    this.#claim(job, NOTHING)
  }

  /** Claims what is due, as operations of a duty; a claim of nothing gives the money back at once. */
  duty(state: StateReader): readonly Operation[] {
    const { node } = this.#modules
    return [...this.#claims].flatMap(([job, claim]) => {
      const id = JobId.toBytes(job)
      claim.payer ??= jobHoldOn(state, node, id)?.payer
      const { payer, reading } = claim
      claim.tries += 1
      const hold = payer === undefined ? undefined : state.get(holdTable, jobHoldIdOf(payer, id, node))
      const isClaimed = hold?.said?.byPayer === false
      if (payer === undefined || hold === undefined || isClaimed || claim.tries > bounds.claimTries) {
        this.#claims.delete(job)
        return []
      }
      return [jobOperation(moneyOperations.job.claim, { payer, job: id, node, reading })]
    })
  }

  #claim(job: JobId, reading: MeterReading): void {
    const payer = this.#payers.get(job)
    this.#payers.delete(job)
    if (this.#claims.size < bounds.maxClaims) this.#claims.set(job, { reading, payer, tries: 0 })
    else this.#modules.logger.warn('a job is not billed: too many wait for that', { job })
    this.#modules.onOwed()
  }

  /** Waits for a block that brings the money: this node's ledger may be behind. */
  async #held(job: JobId, signal: AbortSignal): Promise<JobHoldView> {
    const { ledger, node, timers } = this.#modules
    const id = JobId.toBytes(job)
    const { promise, resolve, reject } = Promise.withResolvers<JobHoldView>()
    const look = (): void => {
      const found = jobHoldOn(ledger.state, node, id)
      if (found !== undefined) resolve(found)
    }
    const stop = (): void => reject(signal.reason)
    const late = (): void => reject(jobUnpaid('no money is set aside for the job'))
    const undo = [ledger.onFinal(look), timers.after(bounds.jobHoldWaitMs, late)]
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    look()
    return promise.finally(() => {
      signal.removeEventListener('abort', stop)
      for (const step of undo) step()
    })
  }
}
