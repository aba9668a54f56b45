import type { StateReader } from '../../state/state.ts'
import { billsOf, billTable, type JobBill } from '../jobs/job-records.ts'
import { accrued } from '../leases/holders.ts'
import { entriesOf } from '../leases/lease-book.ts'
import { accruedPico, charged, paidUntilMs, rateOf } from '../leases/lease-price.ts'
import { holderTable, leaseTable, spanTable } from '../leases/lease-records.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { mulDiv } from '../service/money-math.ts'
import { isSameBytes, textOf } from '../service/records.ts'
import { carryTable } from './carries.ts'
import { type Audit, auditTable, creditedBy, type Payout, payoutTable } from './earning-records.ts'

/** One line of what a node earned in an epoch, in micro-units. */
export type EarningLine =
  /** For keeping shards of this lease. */
  | { readonly kind: 'lease'; readonly lease: Uint8Array; readonly amount: bigint }
  /** For leases of which the records are gone: they are kept for some time only. */
  | { readonly kind: 'forgotten leases'; readonly amount: bigint }
  | { readonly kind: 'emission'; readonly amount: bigint }
  | { readonly kind: 'job'; readonly job: Uint8Array; readonly payer: Uint8Array; readonly amount: bigint }

export interface Earnings {
  readonly payout: Payout | undefined
  readonly lines: readonly EarningLine[]
  /** What the node's account was credited with: the sum of the lines. */
  readonly total: bigint
}

/** What a node earned in an epoch, line by line. The lines add up to what was credited, to the last micro-unit. */
export function earningsOf(state: StateReader, epoch: number, node: Uint8Array): Earnings {
  const payout = state.get(payoutTable, { epoch, node })
  const lines: EarningLine[] = payout === undefined ? [] : [...leaseLines(state, node, payout)]
  if (payout !== undefined && payout.minted > 0n) lines.push({ kind: 'emission', amount: payout.minted })
  let total = payout === undefined ? 0n : creditedBy(payout)
  for (const bill of billsOf(state, epoch)) {
    if (!isSameBytes(bill.node, node)) continue
    const amount = bill.gross - bill.burned
    lines.push({ kind: 'job', job: bill.job, payer: bill.payer, amount })
    total += amount
  }
  return { payout, lines, total }
}

/**
 * Splits what was paid by what each lease was worth: the parts of a running sum, so that nothing is lost to rounding. What was carried from
 * before is less than a micro-unit, and goes with the first.
 */
function* leaseLines(state: StateReader, node: Uint8Array, payout: Payout): Generator<EarningLine> {
  const paid = payout.earned - payout.burned
  if (paid === 0n) return
  const [passes, samples] = [BigInt(payout.passes), BigInt(payout.samples)]
  const whole = payout.carried * samples + payout.value * passes
  let [worth, told] = [payout.carried * samples, 0n]
  for (const { lease, value } of worthByLease(state, node, payout)) {
    worth += value * passes
    const upTo = mulDiv(paid, worth, whole)
    if (upTo > told) yield { kind: 'lease', lease, amount: upTo - told }
    told = upTo
  }
  if (told < paid) yield { kind: 'forgotten leases', amount: paid - told }
}

interface LeaseWorth {
  readonly lease: Uint8Array
  readonly value: bigint
}

/** Rate times milliseconds of each lease in the time of a payout. */
function worthByLease(state: StateReader, node: Uint8Array, { fromMs, toMs }: Payout): Iterable<LeaseWorth> {
  const worth = new Map<string, LeaseWorth>()
  const add = (lease: Uint8Array, rate: bigint, sinceMs: number, untilMs: number): void => {
    const durationMs = Math.min(untilMs, toMs) - Math.max(sinceMs, fromMs)
    if (durationMs <= 0) return
    const before = worth.get(textOf(lease))?.value ?? 0n
    worth.set(textOf(lease), { lease, value: before + rate * BigInt(durationMs) })
  }
  const first = { untilMs: fromMs, holder: new Uint8Array(32), lease: new Uint8Array(32) }
  for (const [{ holder, lease, untilMs }, { fromMs: sinceMs, rate }] of state.list(spanTable, first)) {
    if (isSameBytes(holder, node)) add(lease, rate, sinceMs, untilMs)
  }
  for (const [{ lease: id }, entry] of entriesOf(state, node)) {
    const lease = state.get(leaseTable, id)
    const isRunning = entry.isAccepted && lease !== undefined && !lease.isLapsed
    if (isRunning) add(id, rateOf(entry.bytes, lease.price), entry.sinceMs, toMs)
  }
  return worth.values()
}

/** What an account paid for jobs in an epoch. */
export interface Spending {
  readonly job: Uint8Array
  readonly node: Uint8Array
  readonly amount: bigint
}

/** What an account paid for jobs in an epoch, line by line. */
export function jobSpendingOf(state: StateReader, epoch: number, payer: Uint8Array): readonly Spending[] {
  const lines: Spending[] = []
  for (const bill of billsOf(state, epoch)) {
    if (isSameBytes(bill.payer, payer)) lines.push({ job: bill.job, node: bill.node, amount: bill.gross })
  }
  return lines
}

/** What a node is owed for storage since it was last paid, if it passes its audits, in millionths of a micro-unit. */
export function accruedTo(state: StateReader, node: Uint8Array): bigint {
  const record = state.get(holderTable, node)
  if (record === undefined) return 0n
  const { due, value } = accrued(record, ledgerTimeMs(state))
  return accruedPico(due + value)
}

/** What its payments left for the next one, in millionths of a micro-unit. */
export const carriedTo = (state: StateReader, node: Uint8Array): bigint =>
  accruedPico(state.get(carryTable, node)?.value ?? 0n)

/** All payments for jobs that the ledger still has. */
export function* jobBills(state: StateReader): Generator<JobBill> {
  for (const [, bill] of state.list(billTable)) yield bill
}

/** How a lease stands now. */
export interface LeaseStanding {
  readonly payer: Uint8Array
  /** Micro-units that are in it yet. */
  readonly left: bigint
  readonly bytes: number
  readonly nodes: readonly Uint8Array[]
  /** For how long it is paid for; undefined while nobody is paid. */
  readonly lastsMs: number | undefined
}

/** Undefined for a lease that is over, or not begun. */
export function leaseStanding(state: StateReader, id: Uint8Array): LeaseStanding | undefined {
  const lease = state.get(leaseTable, id)
  if (lease === undefined) return undefined
  const { payer, bytes, holders: nodes } = lease
  const nowMs = ledgerTimeMs(state)
  const untilMs = paidUntilMs(lease)
  const lastsMs = untilMs === undefined ? undefined : Math.max(0, untilMs - nowMs)
  return { payer, left: charged(lease, nowMs).balance, bytes, nodes, lastsMs }
}

/** A node that an auditor has to audit in this epoch. */
export interface AuditDuty {
  readonly node: Uint8Array
  /** Leaves to ask for. */
  readonly samples: number
  readonly isReported: boolean
}

/** Whom a node audits in an epoch, in the order of nodes. */
export function dutiesOf(state: StateReader, epoch: number, auditor: Uint8Array): readonly AuditDuty[] {
  const duties: AuditDuty[] = []
  for (const [node] of state.list(holderTable)) {
    const audit: Audit | undefined = state.get(auditTable, node)
    const own = audit?.reports.find((report) => isSameBytes(report.auditor, auditor))
    if (audit?.epoch !== epoch || own === undefined) continue
    duties.push({ node, samples: audit.samples, isReported: own.passes !== undefined })
  }
  return duties
}

/** A part of a node in a lease that is paid for now. */
export interface PaidPart {
  readonly lease: Uint8Array
  readonly bytes: number
  readonly shards: number
  /** shardListHash of its shards. */
  readonly list: Uint8Array
}

/** What a node is paid for now, in the order of leases: what an auditor draws from. */
export function paidPartsOf(state: StateReader, node: Uint8Array): readonly PaidPart[] {
  const parts: PaidPart[] = []
  for (const [{ lease: id }, { isAccepted, bytes, shards, list }] of entriesOf(state, node)) {
    const lease = state.get(leaseTable, id)
    if (isAccepted && lease?.isLapsed === false) parts.push({ lease: id, bytes, shards, list })
  }
  return parts
}
