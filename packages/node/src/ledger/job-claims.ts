import type { ExpectedJob, JobEarnings } from '@borgios/compute'
import { JobId, type Logger, limits, type NetworkId, NodeId, type Timers } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import {
  holdTable,
  jobHoldIdOf,
  jobHoldOf,
  type Ledger,
  ledgerTimeMs,
  type MeterReading,
  memberOf,
  moneyOperations,
  type OwedOperation,
  type StateReader,
} from '@borgios/ledger'
import type { JobUsage, Operation } from '@borgios/protocol'
import { jobUnpaid } from '../errors.ts'
import { accountPaying } from './job-consent.ts'
import { jobOperation, readingOf } from './ledger-escrow.ts'

const bounds = limits.node
const NOTHING: MeterReading = { cpuMs: 0, mibMs: 0 }

export interface JobClaimsModules {
  readonly ledger: Pick<Ledger, 'state' | 'onFinal'>
  /** 32 bytes: this node. */
  readonly node: Uint8Array
  readonly network: NetworkId
  readonly ed25519: Ed25519
  readonly timers: Timers
  /** Called when an operation is owed. */
  readonly onOwed: () => void
  readonly logger: Logger
}

/** What this node says a job cost. */
interface Claim {
  readonly reading: MeterReading
  readonly payer: Uint8Array
  /** How often it was sent. */
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
  async expect(wish: ExpectedJob, signal: AbortSignal): Promise<void> {
    const { ledger, node } = this.#modules
    if (memberOf(ledger.state, node)?.state !== 'active') return
    this.#payers.set(wish.job, await this.#payer(wish, signal))
  }

  ran(job: JobId, usage: JobUsage): void {
    this.#claim(job, readingOf(usage))
  }

  gaveUp(job: JobId): void {
    this.#claim(job, NOTHING)
  }

  /** Claims what is due, as operations of a duty; a claim of nothing gives the money back at once. */
  duty(state: StateReader): readonly OwedOperation[] {
    return [...this.#claims].flatMap(([job, claim]) => {
      const operation = claim.tries >= bounds.claimTries ? undefined : this.#claimed(state, JobId.toBytes(job), claim)
      const onSent = (): void => {
        claim.tries += 1
      }
      if (operation !== undefined) return [{ ...operation, onSent }]
      this.#claims.delete(job)
      return []
    })
  }

  #claimed(state: StateReader, job: Uint8Array, { payer, reading }: Claim): Operation | undefined {
    const { node } = this.#modules
    const hold = state.get(holdTable, jobHoldIdOf(payer, job, node))
    const isOpen = hold !== undefined && hold.said?.byPayer !== false
    return isOpen ? jobOperation(moneyOperations.job.claim, { payer, job, node, reading }) : undefined
  }

  #claim(job: JobId, reading: MeterReading): void {
    const payer = this.#payers.get(job)
    // Nothing was set aside for it that this node has seen.
    if (payer === undefined) return
    this.#payers.delete(job)
    if (this.#claims.size < bounds.maxClaims) this.#claims.set(job, { reading, payer, tries: 0 })
    else this.#modules.logger.warn('a job is not billed: too many wait for that', { job })
    this.#modules.onOwed()
  }

  /** Whoever is said to pay, once enough is set aside. Waits for a block that brings it: this node's ledger may be behind. */
  async #payer(
    { job, from, payer: said, mostWallTimeMs, mostUsage }: ExpectedJob,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { ledger, node, network, ed25519, timers } = this.#modules
    if (said === undefined) throw jobUnpaid('the request for the job names nobody who pays for it')
    const payer = accountPaying(ed25519, said, { network, job, from, to: NodeId.fromBytes(node) })
    const id = JobId.toBytes(job)
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const { cpuMs, mibMs } = readingOf(mostUsage)
    let isTooLittle = false
    const look = (): void => {
      const hold = jobHoldOf(ledger.state, payer, id, node)
      if (hold === undefined) return
      const { terms, dueMs } = hold
      const leastDueMs = ledgerTimeMs(ledger.state) + mostWallTimeMs + bounds.jobHoldMarginMs
      isTooLittle = terms.most.cpuMs < cpuMs || terms.most.mibMs < mibMs || dueMs < leastDueMs
      if (!isTooLittle) resolve(payer)
    }
    const stop = (): void => reject(signal.reason)
    const late = (): void =>
      reject(
        jobUnpaid(
          isTooLittle
            ? 'what is set aside for the job is less, or for a shorter time, than its limits allow it to take'
            : 'no money is set aside for the job',
        ),
      )
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
