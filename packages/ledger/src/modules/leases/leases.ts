import { assert, limits } from '@borgios/core'
import { aboveHold, badTerms, leaseExists, noActiveMember, noEntry, notParty, priceAbove } from '../../errors.ts'
import type { EscrowBook, HoldPurpose } from '../escrow/escrow-book.ts'
import { holdIdOf } from '../escrow/hold.ts'
import { memberThatSent } from '../service/acts-for.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { isSameBytes } from '../service/records.ts'
import type { ServiceModules } from '../service/service-ports.ts'
import type { OperationContext } from '../state-module.ts'
import type { AssignBody, DismissBody, ExtendBody, NodeLeasesBody, OpenBody, ReserveBody } from './lease-bodies.ts'
import {
  acceptEntry,
  addToPool,
  assertLongEnough,
  endLease,
  extendLease,
  findLease,
  type ProposedEntry,
  propose,
  putLease,
  releaseEntry,
  removeEntry,
} from './lease-book.ts'
import { costOf, rateOf } from './lease-price.ts'
import { type Lease, leaseIdOf, leaseTable } from './lease-records.ts'

export const LEASES_MODULE = 7

/** What is set aside for a put has no payee: it becomes a lease, or goes back. */
export const putReservations: HoldPurpose = {
  id: LEASES_MODULE,
  takes: 'putHold',
  returns: 'putBack',
  subject: (_id, { payer, terms: label }) => leaseIdOf(payer, label),
  pay: () => assert(false, 'a reservation pays nobody'),
}

/** The reservation of a put: a node that is given shards looks for it. */
export const reservationIdOf = (payer: Uint8Array, label: Uint8Array): Uint8Array =>
  holdIdOf(LEASES_MODULE, payer, label)

/** What the operations on leases do. */
export class Leases {
  readonly #book: EscrowBook
  readonly #modules: ServiceModules

  constructor(book: EscrowBook, modules: ServiceModules) {
    this.#book = book
    this.#modules = modules
  }

  /** Throws LEDGER_PRICE_ABOVE, LEDGER_BAD_TERMS, LEDGER_HOLD_EXISTS, LEDGER_FUNDS_SHORT. */
  reserve(context: OperationContext, { label, bytes, forMs, mostAmount, lifeMs }: ReserveBody): void {
    const { sender: payer } = context
    if (bytes > limits.ledgerMoney.maxLeaseBytes) throw badTerms('too many bytes for one lease; make several')
    const amount = costOf(rateOf(bytes, this.#price(context)), forMs)
    if (amount > mostAmount) throw priceAbove(amount, mostAmount)
    const parties = { payer, payee: payer, payTo: payer }
    // By its label a payer that was restarted finds what it has to cancel.
    this.#book.open(context, { purpose: LEASES_MODULE, ...parties, label, amount, lifeMs, terms: label })
  }

  /** The put failed or will not be: all goes back. Throws LEDGER_NO_HOLD. */
  cancel(context: OperationContext, label: Uint8Array): void {
    this.#withdraw(context, label, 0n)
  }

  /** Throws LEDGER_LEASE_EXISTS, LEDGER_BAD_TERMS, LEDGER_NO_ACTIVE_MEMBER, LEDGER_NO_HOLD, LEDGER_ABOVE_HOLD, LEDGER_FUNDS_SHORT. */
  open(context: OperationContext, { label, isReserved, data, parity, amount, entries }: OpenBody): void {
    const { state, money, sender: payer } = context
    const id = leaseIdOf(payer, label)
    if (state.get(leaseTable, id) !== undefined) throw leaseExists()
    if (data < 1 || entries.length === 0) throw badTerms('a lease has shards and nodes that hold them')
    const price = this.#price(context)
    assertLongEnough(
      amount,
      entries.reduce((sum, { bytes }) => sum + bytes, 0),
      price,
    )
    if (isReserved) this.#withdraw(context, label, amount)
    else money.take(payer, amount, { reason: 'lease', subject: id })
    addToPool(state, amount)
    const nowMs = ledgerTimeMs(state)
    const times = { sinceMs: nowMs, dueMs: nowMs }
    const lease = { payer, price, data, parity, bytes: 0, balance: amount, ...times, isLapsed: false, holders: [] }
    putLease(state, id, this.#proposed(context, id, lease, entries), undefined)
  }

  /** Throws LEDGER_NO_LEASE, LEDGER_NOT_PARTY, LEDGER_NO_ACTIVE_MEMBER, LEDGER_BAD_TERMS. */
  assign(context: OperationContext, { lease: id, entries }: AssignBody): void {
    const lease = this.#own(context, id)
    context.state.set(leaseTable, id, this.#proposed(context, id, lease, entries))
  }

  /** Throws LEDGER_NO_LEASE, LEDGER_NOT_PARTY, LEDGER_NO_ENTRY. */
  dismiss(context: OperationContext, { lease, nodes }: DismissBody): void {
    this.#own(context, lease)
    for (const holder of nodes) if (!removeEntry(context.state, { holder, lease })) throw noEntry()
  }

  /** Those that are still there are accepted. Throws LEDGER_NO_ACTIVE_MEMBER, LEDGER_NOT_PARTY; LEDGER_NO_ENTRY if none was. */
  accept(context: OperationContext, { node, leases }: NodeLeasesBody): void {
    if (!memberThatSent(context, this.#modules.members, node).isActive) throw noActiveMember()
    const accepted = leases.filter((lease) => acceptEntry(context.state, { holder: node, lease }))
    if (accepted.length === 0) throw noEntry()
  }

  /** Those that are still there are given up. Throws LEDGER_NO_ACTIVE_MEMBER, LEDGER_NOT_PARTY; LEDGER_NO_ENTRY if none was. */
  release(context: OperationContext, { node, leases }: NodeLeasesBody): void {
    memberThatSent(context, this.#modules.members, node)
    const released = leases.filter((lease) => releaseEntry(context, { holder: node, lease }))
    if (released.length === 0) throw noEntry()
  }

  /** Anybody may pay for a lease. Throws LEDGER_NO_LEASE, LEDGER_FUNDS_SHORT, LEDGER_BAD_TERMS. */
  extend(context: OperationContext, { lease, amount }: ExtendBody): void {
    const { state, money, sender } = context
    findLease(state, lease)
    money.take(sender, amount, { reason: 'lease', subject: lease })
    addToPool(state, amount)
    extendLease(state, lease, amount, this.#price(context))
  }

  /** Throws LEDGER_NO_LEASE, LEDGER_NOT_PARTY. */
  end(context: OperationContext, lease: Uint8Array): void {
    this.#own(context, lease)
    endLease(context, lease)
  }

  #price(context: OperationContext): bigint {
    return this.#modules.parameters(context).storagePrice
  }

  #own({ state, sender }: OperationContext, id: Uint8Array): Lease {
    const lease = findLease(state, id)
    if (!isSameBytes(lease.payer, sender)) throw notParty('who pays for the lease')
    return lease
  }

  #proposed(context: OperationContext, id: Uint8Array, lease: Lease, entries: readonly ProposedEntry[]): Lease {
    const { state } = context
    for (const { holder } of entries) {
      if (this.#modules.members.get(state, holder)?.isActive !== true) throw noActiveMember()
    }
    return propose(state, id, lease, entries)
  }

  /** Ends the reservation: an amount of it is the caller's, the rest goes back. Throws LEDGER_NO_HOLD, LEDGER_ABOVE_HOLD. */
  #withdraw(context: OperationContext, label: Uint8Array, amount: bigint): void {
    const id = reservationIdOf(context.sender, label)
    const hold = this.#book.find(context, LEASES_MODULE, id)
    const left = this.#book.withdraw(context, id)
    if (amount > left) throw aboveHold(amount, left)
    this.#book.giveBack(context, id, hold, left - amount)
  }
}
