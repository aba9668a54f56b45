import { assert, limits } from '@borgios/core'
import { compareBytes } from '@borgios/protocol'
import { badTerms, noLease } from '../../errors.ts'
import type { StateReader, StateWriter } from '../../state/state.ts'
import { dueUntil, moveDue } from '../service/due-queue.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { isSameBytes } from '../service/records.ts'
import type { BlockContext } from '../state-module.ts'
import { forfeitSpan, startSpan, stopSpan } from './holders.ts'
import { charged, costOf, leaseRate, nextDueMs, rateOf, worthOf } from './lease-price.ts'
import {
  type EntryKey,
  entryTable,
  evictionTable,
  holderTable,
  type Lease,
  type LeaseEntry,
  leaseDueTable,
  leaseTable,
  poolTable,
} from './lease-records.ts'

/** What an entry is before its node has accepted it. */
export interface ProposedEntry extends Pick<LeaseEntry, 'bytes' | 'shards' | 'list'> {
  readonly holder: Uint8Array
}

export const addToPool = (state: StateWriter, amount: bigint): void =>
  state.set(poolTable, true, (state.get(poolTable, true) ?? 0n) + amount)

/** What of an amount is in the pool; it is the caller's then. */
export function takeFromPool(state: StateWriter, amount: bigint): bigint {
  const pool = state.get(poolTable, true) ?? 0n
  const taken = amount < pool ? amount : pool
  state.set(poolTable, true, pool - taken)
  return taken
}

/** Throws LEDGER_NO_LEASE. */
export function findLease(state: StateReader, id: Uint8Array): Lease {
  const lease = state.get(leaseTable, id)
  if (lease === undefined) throw noLease()
  return lease
}

/** Writes a charged lease, and when it is to be looked at next. */
export function putLease(state: StateWriter, id: Uint8Array, lease: Lease, wasDueMs: number | undefined): void {
  const dueMs = nextDueMs(lease)
  state.set(leaseTable, id, { ...lease, dueMs })
  moveDue(state, leaseDueTable, id, wasDueMs, dueMs)
}

/** Adds parts that have yet to be accepted. Throws LEDGER_BAD_TERMS. */
export function propose(state: StateWriter, id: Uint8Array, lease: Lease, entries: readonly ProposedEntry[]): Lease {
  const { maxLeaseHolders, maxLeaseBytes, maxEntryShards } = limits.ledgerMoney
  let bytes = lease.bytes
  for (const { holder, bytes: entryBytes, shards, list } of entries) {
    if (entryBytes < 1 || shards < 1 || shards > maxEntryShards) {
      throw badTerms('a part of a lease has no bytes, or too few or too many shards')
    }
    bytes += entryBytes
    if (lease.holders.some((one) => isSameBytes(one, holder))) throw badTerms('a node has one part in a lease')
    const entry = { isAccepted: false, bytes: entryBytes, shards, list, sinceMs: 0 }
    state.set(entryTable, { holder, lease: id }, entry)
  }
  const holders = [...lease.holders, ...entries.map(({ holder }) => holder)].sort(compareBytes)
  if (holders.length > maxLeaseHolders) throw badTerms(`a lease has at most ${maxLeaseHolders} nodes; make several`)
  if (bytes > maxLeaseBytes) throw badTerms('a lease has too many bytes; make several')
  return { ...lease, holders }
}

/** The node holds its part and is paid from now on. False where there is nothing to accept, or no money for it. */
export function acceptEntry(state: StateWriter, key: EntryKey): boolean {
  const nowMs = ledgerTimeMs(state)
  const { maxLeaseBytes, maxHolderBytes, leaseMarginMs } = limits.ledgerMoney
  const lease = state.get(leaseTable, key.lease)
  const entry = state.get(entryTable, key)
  if (lease === undefined || entry === undefined || entry.isAccepted || lease.isLapsed) return false
  const after = { ...charged(lease, nowMs), bytes: lease.bytes + entry.bytes }
  const holderBytes = (state.get(holderTable, key.holder)?.bytes ?? 0) + entry.bytes
  if (after.bytes > maxLeaseBytes || holderBytes > maxHolderBytes) return false
  // What a lease may still cost before a block comes to it is always there.
  if (after.balance < costOf(leaseRate(after), leaseMarginMs)) return false
  startSpan(state, key, entry, lease.price, nowMs)
  putLease(state, key.lease, after, lease.dueMs)
  return true
}

/** The part is no more; what it has earned so far stays the node's. False if it was not there. */
export function removeEntry(state: StateWriter, key: EntryKey): boolean {
  const nowMs = ledgerTimeMs(state)
  const lease = state.get(leaseTable, key.lease)
  const entry = state.get(entryTable, key)
  if (lease === undefined || entry === undefined) return false
  if (entry.isAccepted && !lease.isLapsed) stopSpan(state, key, entry, lease.price, nowMs)
  state.set(entryTable, key, undefined)
  const holders = lease.holders.filter((holder) => !isSameBytes(holder, key.holder))
  const bytes = lease.bytes - (entry.isAccepted ? entry.bytes : 0)
  const after = { ...charged(lease, nowMs), holders, bytes }
  // One that has run out does not begin its grace anew.
  if (lease.isLapsed) state.set(leaseTable, key.lease, after)
  else putLease(state, key.lease, after, lease.dueMs)
  return true
}

/**
 * The node gives its part up, and what that has earned since the node was last paid: else it could take parts on after one audit and
 * leave them before the next. The forfeit goes to the treasury. False if it had no such part.
 */
export function releaseEntry({ state, money }: BlockContext, key: EntryKey): boolean {
  const lease = state.get(leaseTable, key.lease)
  const entry = state.get(entryTable, key)
  if (lease === undefined || entry === undefined) return false
  if (entry.isAccepted && !lease.isLapsed) {
    const forfeit = forfeitSpan(state, key, entry, lease.price, ledgerTimeMs(state))
    money.giveTreasury(takeFromPool(state, worthOf(forfeit)))
  }
  return removeEntry(state, key)
}

/** Adds money, at the price of today from now on; one that had run out lives again. Throws LEDGER_NO_LEASE, LEDGER_BAD_TERMS. */
export function extendLease(state: StateWriter, id: Uint8Array, amount: bigint, price: bigint): void {
  const nowMs = ledgerTimeMs(state)
  const lease = findLease(state, id)
  const isRepriced = lease.isLapsed || lease.price !== price
  if (isRepriced && !lease.isLapsed)
    forEachAccepted(state, id, lease, (key, entry) => stopSpan(state, key, entry, lease.price, nowMs))
  const before = charged(lease, nowMs)
  const after = { ...before, balance: before.balance + amount, price, isLapsed: false }
  assertLongEnough(after.balance, after.bytes, price)
  if (lease.isLapsed) forEachAccepted(state, id, lease, (key, entry) => assertRoom(state, key, entry))
  if (isRepriced) forEachAccepted(state, id, lease, (key, entry) => startSpan(state, key, entry, price, nowMs))
  putLease(state, id, after, lease.dueMs)
}

/** Throws LEDGER_BAD_TERMS where a holder would be paid for more than any may be. */
function assertRoom(state: StateReader, { holder }: EntryKey, { bytes }: LeaseEntry): void {
  const heldBytes = state.get(holderTable, holder)?.bytes ?? 0
  if (heldBytes + bytes > limits.ledgerMoney.maxHolderBytes) throw badTerms('a node of the lease keeps too much by now')
}

/** Throws LEDGER_BAD_TERMS where the money is for less than the least time. */
export function assertLongEnough(balance: bigint, bytes: number, price: bigint): void {
  const { minLeaseMs, leaseMarginMs } = limits.ledgerMoney
  const needed = costOf(rateOf(bytes, price), minLeaseMs + leaseMarginMs)
  if (balance < needed) throw badTerms(`the shortest lease of so many bytes takes ${needed} micro-units`)
}

/** Ends a lease and gives what is left back to its payer. */
export function endLease({ state, money }: BlockContext, id: Uint8Array): void {
  const nowMs = ledgerTimeMs(state)
  const lease = findLease(state, id)
  if (!lease.isLapsed)
    forEachAccepted(state, id, lease, (key, entry) => stopSpan(state, key, entry, lease.price, nowMs))
  for (const holder of lease.holders) state.set(entryTable, { holder, lease: id }, undefined)
  state.set(leaseTable, id, undefined)
  moveDue(state, leaseDueTable, id, lease.dueMs, undefined)
  const refund = takeFromPool(state, charged(lease, nowMs).balance)
  if (refund > 0n) money.give(lease.payer, refund, { reason: 'leaseBack', subject: id })
}

/** Leases whose time has come: they run out, are gone, or only needed to be looked at again. */
export function endDueLeases(context: BlockContext): void {
  const { state } = context
  const nowMs = ledgerTimeMs(state)
  for (const { id } of dueUntil(state, leaseDueTable, nowMs, limits.ledgerMoney.duePerBlock)) {
    const lease = charged(findLease(state, id), nowMs)
    const isOver = lease.isLapsed || lease.bytes === 0
    if (isOver) endLease(context, id)
    else if (nextDueMs(lease) > nowMs) putLease(state, id, lease, lease.dueMs)
    else lapse(state, id, lease, nowMs)
  }
}

/**
 * How far the ledger's clock may go while leases wait for a block to come to them: what a lease keeps back pays for that long, and beyond it
 * its holders would earn the money of others. The clock rather stands still.
 */
export function clockUntilMs(state: StateReader): number {
  for (const [{ atMs }] of state.list(leaseDueTable)) return atMs + limits.ledgerMoney.leaseMarginMs
  return Number.POSITIVE_INFINITY
}

function lapse(state: StateWriter, id: Uint8Array, lease: Lease, nowMs: number): void {
  forEachAccepted(state, id, lease, (key, entry) => stopSpan(state, key, entry, lease.price, nowMs))
  putLease(state, id, { ...lease, isLapsed: true }, lease.dueMs)
}

function forEachAccepted(
  state: StateWriter,
  id: Uint8Array,
  { holders }: Lease,
  act: (key: EntryKey, entry: LeaseEntry) => void,
): void {
  for (const holder of holders) {
    const key = { holder, lease: id }
    const entry = state.get(entryTable, key)
    assert(entry !== undefined, 'every holder of a lease has an entry')
    if (entry.isAccepted) act(key, entry)
  }
}

/** What a node has a part in, in the order of the leases' ids. */
export function* entriesOf(state: StateReader, holder: Uint8Array): Generator<readonly [EntryKey, LeaseEntry]> {
  for (const [key, entry] of state.list(entryTable, { holder, lease: new Uint8Array(32) })) {
    if (!isSameBytes(key.holder, holder)) return
    yield [key, entry]
  }
}

/** From now on the node's parts end, some in each block: it is no member any more. */
export const evict = (state: StateWriter, node: Uint8Array): void => state.set(evictionTable, node, true)

export function evictSome(state: StateWriter): void {
  let left = limits.ledgerMoney.evictedPerBlock
  for (const [node] of [...state.list(evictionTable)]) {
    const keys = []
    for (const [key] of entriesOf(state, node)) {
      if (keys.length >= left) break
      keys.push(key)
    }
    for (const key of keys) removeEntry(state, key)
    left -= keys.length
    if (left === 0) return
    state.set(evictionTable, node, undefined)
  }
}
