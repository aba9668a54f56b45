import type { Escrow, JobBill, JobHold, JobWish } from '@borgios/compute'
import { isBorgError, JobId, type Logger, limits, type NetworkId, NodeId } from '@borgios/core'
import type { Signer } from '@borgios/crypto'
import {
  JOBS_MODULE,
  type JobHoldBody,
  jobCost,
  type Ledger,
  type MeterReading,
  memberOf,
  moneyOperations,
  NO_NODE,
  parameter,
} from '@borgios/ledger'
import type { JobUsage } from '@borgios/protocol'
import { payerOf } from './job-consent.ts'
import type { Payment, WalletSender } from './wallet-sender.ts'

const bounds = limits.node
const JOB_BYTES = 16
const NOTHING: MeterReading = { cpuMs: 0, mibMs: 0 }
/** Refusals that say that it was done before, by an earlier try of which the end was not known. */
const DONE_BEFORE: readonly unknown[] = ['LEDGER_SAID_BEFORE', 'LEDGER_NO_HOLD']

export interface LedgerEscrowModules {
  readonly ledger: Ledger
  readonly sender: WalletSender
  /** The key of the account that the sender pays from. */
  readonly wallet: Signer
  readonly network: NetworkId
  /** This node. */
  readonly self: NodeId
  readonly logger: Logger
}

/** What of a use is paid for. */
export const readingOf = ({ cpuMs, memoryMibMs }: JobUsage): MeterReading => ({ cpuMs, mibMs: memoryMibMs })

export const jobOperation = <Body>(type: { readonly kind: number; encode(body: Body): Uint8Array }, body: Body) => ({
  module: JOBS_MODULE,
  kind: type.kind,
  body: type.encode(body),
})

/**
 * Jobs of this node are paid for by holds, one for each attempt. A bill that cannot be true is granted nothing. After a restart nothing is
 * said about jobs of before: what their nodes claim is paid in time, and otherwise the hold runs out.
 */
export class LedgerEscrow implements Escrow {
  readonly #modules: LedgerEscrowModules

  constructor(modules: LedgerEscrowModules) {
    this.#modules = modules
  }

  /** Throws NODE_FUNDS_SHORT and what else `WalletSender.pay` throws. */
  async hold({ job, node, mostWallTimeMs, mostUsage }: JobWish, signal: AbortSignal): Promise<JobHold> {
    const { ledger, sender, wallet, network, self } = this.#modules
    const holder = NodeId.toBytes(node)
    if (memberOf(ledger.state, holder)?.state !== 'active') return this.#unpaid(node)
    const most = readingOf(mostUsage)
    const id = JobId.toBytes(job)
    const lifeMs = Math.min(limits.ledgerMoney.maxHoldMs, mostWallTimeMs + bounds.jobHoldSpareMs)
    try {
      await sender.pay(this.#holding({ job: id, node: holder, most, lifeMs }), signal)
    } catch (error) {
      const mayBeThere = signal.aborted || isOpen(error)
      if (mayBeThere) this.#grant(id, holder, NOTHING).catch((why: unknown) => this.#warn(job, why))
      throw error
    }
    return {
      payer: payerOf(wallet, { network, job, from: self, to: node }),
      settle: (bill) => this.#grant(id, holder, this.#granted(bill, most)),
      refund: () => this.#grant(id, holder, NOTHING),
    }
  }

  /** Throws NODE_FUNDS_SHORT if a job that may use so much cannot be paid for. */
  assertPayable(mostUsage: JobUsage): void {
    const job = new Uint8Array(JOB_BYTES)
    const most = readingOf(mostUsage)
    this.#modules.sender.assertPayable(this.#holding({ job, node: NO_NODE, most, lifeMs: bounds.jobHoldSpareMs }))
  }

  #holding(order: Omit<JobHoldBody, 'mostAmount'>): Payment {
    const { state, chain } = this.#modules.ledger
    const context = { state, epoch: chain.record.epoch }
    const [cpuPrice, memoryPrice] = [parameter(context, 'cpuPrice'), parameter(context, 'memoryPrice')]
    const amount = jobCost({ cpuPrice, memoryPrice }, order.most)
    const operations = [jobOperation(moneyOperations.job.hold, { ...order, mostAmount: amount })]
    return { operations, amount, what: 'this job', patience: 'short' }
  }

  async left(): Promise<readonly JobHold[]> {
    return []
  }

  /** A node that is no member of the ledger cannot be paid. */
  #unpaid(node: NodeId): JobHold {
    this.#modules.logger.info('a job runs unpaid on a node that is no member of the ledger', { node })
    return { payer: undefined, settle: async () => undefined, refund: async () => undefined }
  }

  #granted({ receipt, doubts }: JobBill, most: MeterReading): MeterReading {
    if (doubts.length > 0) {
      this.#modules.logger.warn('the bill of a job cannot be true and is not paid', { job: receipt.job, doubts })
      return NOTHING
    }
    const { cpuMs, mibMs } = readingOf(receipt.usage)
    return { cpuMs: Math.min(cpuMs, most.cpuMs), mibMs: Math.min(mibMs, most.mibMs) }
  }

  /** The payer's word, once and for good, however long the ledger stands still. */
  async #grant(job: Uint8Array, node: Uint8Array, reading: MeterReading): Promise<void> {
    const { sender } = this.#modules
    const body = { payer: sender.account, job, node, reading }
    const operations = [jobOperation(moneyOperations.job.countersign, body)]
    try {
      await sender.pay({ operations, what: 'a job that ended', patience: 'endless' })
    } catch (error) {
      if (!isBorgError(error) || !DONE_BEFORE.includes(error.meta['reason'])) throw error
    }
  }

  #warn(job: JobId, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error)
    this.#modules.logger.warn('what was set aside for a job comes back in its time only', { job, why })
  }
}

const isOpen = (error: unknown): boolean =>
  isBorgError(error) && ['NODE_PAYMENT_OPEN', 'NODE_LEDGER_STILL', 'NODE_STOPPING'].includes(error.code)
