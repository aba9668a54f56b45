import { limits } from '@borgios/core'
import { taggedHash } from '@borgios/protocol'
import { badTerms, noActiveMember, priceAbove } from '../../errors.ts'
import type { EscrowBook, HoldPurpose } from '../escrow/escrow-book.ts'
import { HOLD_UNITS, SETTLE_UNITS } from '../escrow/escrow-module.ts'
import { type Hold, holdIdOf } from '../escrow/hold.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { least, MAX_AMOUNT, shareUp } from '../service/money-math.ts'
import { hashLayout, isSameBytes, type Layout, operationOf } from '../service/records.ts'
import type { ReadParameters, ServiceModules } from '../service/service-ports.ts'
import type { BlockContext, OperationContext, StateModule } from '../state-module.ts'
import { type BillKey, billTable, type JobBill, pruneBills, workTable } from './job-records.ts'
import { decodeTerms, encodeTerms, isWithin, jobCost, jobLayout, type MeterReading } from './job-terms.ts'

export const JOBS_MODULE = 6

/** In place of a node: the payer has not chosen one. */
export const NO_NODE = new Uint8Array(32)

/** Sets aside what a job may cost on one node. */
export interface JobHoldBody {
  /** 16 bytes: the job's id. */
  readonly job: Uint8Array
  /** {@link NO_NODE} while it is not chosen yet. */
  readonly node: Uint8Array
  /** The job's limits: a bill counts no more. */
  readonly most: MeterReading
  /** What may be set aside at most: the price may have changed since it was read. */
  readonly mostAmount: bigint
  readonly lifeMs: number
}

/** What the meter read, as one side says. */
export interface JobReadingBody {
  readonly payer: Uint8Array
  readonly job: Uint8Array
  readonly node: Uint8Array
  readonly reading: MeterReading
}

/** Gives what was set aside without a node to the node that runs the job. */
export interface JobAssignBody {
  readonly job: Uint8Array
  readonly node: Uint8Array
}

const readingLayout: Layout<MeterReading> = {
  write: (writer, { cpuMs, mibMs }) => void writer.u64(cpuMs).u64(mibMs),
  read: (reader) => ({ cpuMs: reader.u64(), mibMs: reader.u64() }),
}

const jobHoldLayout: Layout<JobHoldBody> = {
  write(writer, { job, node, most, mostAmount, lifeMs }) {
    jobLayout.write(writer, job)
    hashLayout.write(writer, node)
    readingLayout.write(writer, most)
    writer.amount(mostAmount).u64(lifeMs)
  },
  read: (reader) => ({
    job: jobLayout.read(reader),
    node: hashLayout.read(reader),
    most: readingLayout.read(reader),
    mostAmount: reader.amount(),
    lifeMs: reader.u64(),
  }),
}

const jobReadingLayout: Layout<JobReadingBody> = {
  write(writer, { payer, job, node, reading }) {
    hashLayout.write(writer, payer)
    jobLayout.write(writer, job)
    hashLayout.write(writer, node)
    readingLayout.write(writer, reading)
  },
  read: (reader) => ({
    payer: hashLayout.read(reader),
    job: jobLayout.read(reader),
    node: hashLayout.read(reader),
    reading: readingLayout.read(reader),
  }),
}

const assignLayout: Layout<JobAssignBody> = {
  write(writer, { job, node }) {
    jobLayout.write(writer, job)
    hashLayout.write(writer, node)
  },
  read: (reader) => ({ job: jobLayout.read(reader), node: hashLayout.read(reader) }),
}

const labelOf = (job: Uint8Array, node: Uint8Array): Uint8Array => taggedHash('job-hold', job, node)

/** The hold of one attempt at a job: an executor looks for it before it begins. */
export const jobHoldIdOf = (payer: Uint8Array, job: Uint8Array, node: Uint8Array): Uint8Array =>
  holdIdOf(JOBS_MODULE, payer, labelOf(job, node))

/** Pays for a job: a share is burned, the rest goes to the node's account, and a bill says so. */
export const jobHolds = (parameters: ReadParameters): HoldPurpose => ({
  id: JOBS_MODULE,
  takes: 'jobHold',
  returns: 'jobBack',
  subject: (_id, { terms }) => decodeTerms(terms).job,
  pay(context, id, hold, gross) {
    const { state, money, epoch } = context
    const { serviceBurnPpm, computeWeightPpm } = parameters(context)
    const burned = shareUp(gross, serviceBurnPpm)
    money.burn(burned)
    money.give(hold.payTo, gross - burned, { reason: 'jobPaid', subject: decodeTerms(hold.terms).job })
    addBill(state, { epoch, hold: id }, billOf(hold, gross, burned))
    if (computeWeightPpm > 0n) addWork(context, hold.payee, gross)
  },
})

const billOf = ({ terms, payer, payee, payTo }: Hold, gross: bigint, burned: bigint): JobBill => ({
  job: decodeTerms(terms).job,
  payer,
  node: payee,
  payTo,
  gross,
  burned,
})

/** A hold can be made anew once it has ended: its bills of one epoch are one line. */
function addBill(state: BlockContext['state'], key: BillKey, bill: JobBill): void {
  const before = state.get(billTable, key)
  const [gross, burned] = [before?.gross ?? 0n, before?.burned ?? 0n]
  state.set(billTable, key, { ...bill, gross: gross + bill.gross, burned: burned + bill.burned })
}

function addWork({ state }: BlockContext, node: Uint8Array, gross: bigint): void {
  state.set(workTable, node, least(MAX_AMOUNT, (state.get(workTable, node) ?? 0n) + gross))
}

/** Money for jobs: prices are fixed when it is set aside, bills are meter readings of which none counts more than the job's limits. */
export class Jobs {
  readonly #book: EscrowBook
  readonly #modules: ServiceModules

  constructor(book: EscrowBook, modules: ServiceModules) {
    this.#book = book
    this.#modules = modules
  }

  /** Throws LEDGER_NO_ACTIVE_MEMBER, LEDGER_PRICE_ABOVE, and as EscrowBook.open does. */
  hold(context: OperationContext, { job, node, most, mostAmount, lifeMs }: JobHoldBody): void {
    const payTo = isSameBytes(node, NO_NODE) ? context.sender : this.#accountOf(context, node)
    const { cpuPrice, memoryPrice } = this.#modules.parameters(context)
    const amount = jobCost({ cpuPrice, memoryPrice }, most)
    if (amount > mostAmount) throw priceAbove(amount, mostAmount)
    const terms = encodeTerms({ job, cpuPrice, memoryPrice, most })
    const order = { purpose: JOBS_MODULE, payer: context.sender, label: labelOf(job, node), payee: node }
    this.#book.open(context, { ...order, payTo, amount, lifeMs, terms })
  }

  /**
   * The payer has chosen a node: from now on what was set aside is for that one, on the same terms. Throws LEDGER_NO_HOLD,
   * LEDGER_NO_ACTIVE_MEMBER, LEDGER_HOLD_EXISTS.
   */
  assign(context: OperationContext, { job, node }: JobAssignBody): void {
    const { state, sender: payer } = context
    const payTo = this.#accountOf(context, node)
    const id = jobHoldIdOf(payer, job, NO_NODE)
    const hold = this.#book.find(context, JOBS_MODULE, id)
    const { amount, terms, dueMs } = hold
    const lifeMs = Math.max(limits.ledgerMoney.minHoldMs, dueMs - ledgerTimeMs(state))
    this.#book.giveBack(context, id, hold, this.#book.withdraw(context, id))
    const order = { purpose: JOBS_MODULE, payer, label: labelOf(job, node), payee: node, payTo }
    this.#book.open(context, { ...order, amount, lifeMs, terms })
  }

  /** No node ran the job: what was set aside without one goes back at once. Throws LEDGER_NO_HOLD. */
  cancel(context: OperationContext, job: Uint8Array): void {
    const id = jobHoldIdOf(context.sender, job, NO_NODE)
    const hold = this.#book.find(context, JOBS_MODULE, id)
    this.#book.giveBack(context, id, hold, this.#book.withdraw(context, id))
  }

  /** The requester countersigns a reading. Throws as EscrowBook.grant does. */
  countersign(context: OperationContext, body: JobReadingBody): void {
    const { id, amount } = this.#billed(context, body)
    this.#book.grant(context, JOBS_MODULE, id, context.sender, amount)
  }

  /** The executor's own bill: for a requester that is silent, or to close the hold at once. Throws as EscrowBook.claim does. */
  claim(context: OperationContext, body: JobReadingBody): void {
    const { id, amount } = this.#billed(context, body)
    this.#book.claim(context, JOBS_MODULE, id, context.sender, amount)
  }

  #accountOf({ state }: OperationContext, node: Uint8Array): Uint8Array {
    const member = this.#modules.members.get(state, node)
    if (member?.isActive !== true) throw noActiveMember()
    return member.account
  }

  #billed(
    context: OperationContext,
    { payer, job, node, reading }: JobReadingBody,
  ): { id: Uint8Array; amount: bigint } {
    if (isSameBytes(node, NO_NODE)) throw noActiveMember()
    const id = jobHoldIdOf(payer, job, node)
    const terms = decodeTerms(this.#book.find(context, JOBS_MODULE, id).terms)
    if (!isWithin(reading, terms.most)) throw badTerms('the reading is above the limits of the job')
    return { id, amount: jobCost(terms, reading) }
  }
}

export const jobOperations = (jobs: Jobs) => ({
  hold: operationOf({
    kind: 1,
    name: 'hold for job',
    body: jobHoldLayout,
    units: () => HOLD_UNITS,
    apply: (context, body) => jobs.hold(context, body),
  }),
  countersign: operationOf({
    kind: 2,
    name: 'pay for job',
    body: jobReadingLayout,
    units: () => SETTLE_UNITS,
    apply: (context, body) => jobs.countersign(context, body),
  }),
  claim: operationOf({
    kind: 3,
    name: 'claim for job',
    body: jobReadingLayout,
    units: () => SETTLE_UNITS,
    apply: (context, body) => jobs.claim(context, body),
  }),
  assign: operationOf({
    kind: 4,
    name: 'assign job',
    body: assignLayout,
    units: () => HOLD_UNITS,
    apply: (context, body) => jobs.assign(context, body),
  }),
  cancel: operationOf({
    kind: 5,
    name: 'cancel job',
    body: jobLayout,
    units: () => SETTLE_UNITS,
    apply: (context, job) => jobs.cancel(context, job),
  }),
})

export const jobsModule = (jobs: Jobs): StateModule => ({
  id: JOBS_MODULE,
  name: 'jobs',
  tables: [billTable, workTable],
  operations: Object.values(jobOperations(jobs)),
  refusals: {},
  onBlock: ({ state, epoch }) => pruneBills(state, epoch),
})
