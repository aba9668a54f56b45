import { LeaseId } from '@borgios/core'
import { leaseTable, ledgerTimeMs, paidUntilMs, type StateReader } from '@borgios/ledger'
import type { FilePayment } from '@borgios/protocol'

/** Whether a file's nodes are paid for it, and until about when by a clock that says `nowMs`: the ledger's own goes at the pace of its blocks. */
export function filePayment(state: StateReader, id: LeaseId, nowMs: number): FilePayment {
  const lease = state.get(leaseTable, LeaseId.toBytes(id))
  if (lease === undefined) return { state: 'over', untilMs: null }
  const hereMs = (atMs: number): number => nowMs + Math.max(0, atMs - ledgerTimeMs(state))
  if (lease.isLapsed) return { state: 'grace', untilMs: hereMs(lease.dueMs) }
  const untilMs = paidUntilMs(lease)
  return untilMs === undefined ? { state: 'waiting', untilMs: null } : { state: 'paid', untilMs: hereMs(untilMs) }
}
