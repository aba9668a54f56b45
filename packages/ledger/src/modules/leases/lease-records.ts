import { limits } from '@borgios/core'
import { taggedHash } from '@borgios/protocol'
import { dueTable } from '../service/due-queue.ts'
import {
  flagLayout,
  hashLayout,
  type Layout,
  nothingLayout,
  orderedCounter,
  risingHashes,
  tableOf,
  wideLayout,
} from '../service/records.ts'

/** Bytes that somebody pays to be kept. Times are the ledger's clock's, in milliseconds. */
export interface Lease {
  readonly payer: Uint8Array
  /** Micro-units for a GiB and a day, as of the last payment. */
  readonly price: bigint
  /** How its shards were coded: any `data` of `data + parity` give a stripe. */
  readonly data: number
  readonly parity: number
  /** Bytes that nodes have accepted: what is paid for. */
  readonly bytes: number
  /** Micro-units of the pool that were its own at `sinceMs`. */
  readonly balance: bigint
  readonly sinceMs: number
  /** When it is looked at next by itself. */
  readonly dueMs: number
  /** It has run out: nobody is paid, and it is gone when it is due, unless somebody extends it. */
  readonly isLapsed: boolean
  /** Nodes that have a part in it. */
  readonly holders: readonly Uint8Array[]
}

/** What one node keeps for one lease. */
export interface LeaseEntry {
  /** The node has said that it holds this. */
  readonly isAccepted: boolean
  readonly bytes: number
  readonly shards: number
  /** Of the list of these shards (shardListHash). */
  readonly list: Uint8Array
  /** Since when it has been paid at the lease's price; says nothing until accepted, or while the lease has run out. */
  readonly sinceMs: number
}

/** What one node is paid for. Rates are bytes times price; a value is a rate times milliseconds. */
export interface Holder {
  readonly entries: number
  readonly bytes: number
  readonly rate: bigint
  /** What it earned from `drawnMs` to `sinceMs`: no auditor has seen yet whether it was there. */
  readonly value: bigint
  readonly sinceMs: number
  /** What it earned from `fromMs` to `drawnMs`: paid by the next verdict. */
  readonly due: bigint
  /** When auditors were drawn for it the last time. */
  readonly drawnMs: number
  /** Since when it has not been paid. */
  readonly fromMs: number
}

/** A time in which one rate held for one entry, now over. Kept for a while, so that every payment can be explained. */
export interface Span {
  readonly fromMs: number
  readonly rate: bigint
}

const holdersLayout = risingHashes(limits.ledgerMoney.maxLeaseHolders)

const leaseLayout: Layout<Lease> = {
  write(writer, lease) {
    hashLayout.write(writer, lease.payer)
    writer.amount(lease.price).u8(lease.data).u8(lease.parity).u64(lease.bytes).amount(lease.balance)
    writer.u64(lease.sinceMs).u64(lease.dueMs)
    flagLayout.write(writer, lease.isLapsed)
    holdersLayout.write(writer, lease.holders)
  },
  read: (reader) => ({
    payer: hashLayout.read(reader),
    price: reader.amount(),
    data: reader.u8(),
    parity: reader.u8(),
    bytes: reader.u64(),
    balance: reader.amount(),
    sinceMs: reader.u64(),
    dueMs: reader.u64(),
    isLapsed: flagLayout.read(reader),
    holders: holdersLayout.read(reader),
  }),
}

export const leaseTable = tableOf({ id: 56, name: 'leases', isListed: false, key: hashLayout, value: leaseLayout })

export interface EntryKey {
  readonly holder: Uint8Array
  readonly lease: Uint8Array
}

const entryKeyLayout: Layout<EntryKey> = {
  write(writer, { holder, lease }) {
    hashLayout.write(writer, holder)
    hashLayout.write(writer, lease)
  },
  read: (reader) => ({ holder: hashLayout.read(reader), lease: hashLayout.read(reader) }),
}

const entryLayout: Layout<LeaseEntry> = {
  write(writer, { isAccepted, bytes, shards, list, sinceMs }) {
    flagLayout.write(writer, isAccepted)
    writer.u64(bytes).u32(shards)
    hashLayout.write(writer, list)
    writer.u64(sinceMs)
  },
  read: (reader) => ({
    isAccepted: flagLayout.read(reader),
    bytes: reader.u64(),
    shards: reader.u32(),
    list: hashLayout.read(reader),
    sinceMs: reader.u64(),
  }),
}

/** In the order of nodes: an auditor lists what a node is paid for. */
export const entryTable = tableOf({
  id: 57,
  name: 'lease entries',
  isListed: true,
  key: entryKeyLayout,
  value: entryLayout,
})

const holderLayout: Layout<Holder> = {
  write(writer, { entries, bytes, rate, value, sinceMs, due, drawnMs, fromMs }) {
    writer.u32(entries).u64(bytes)
    for (const wide of [rate, value, due]) wideLayout.write(writer, wide)
    writer.u64(sinceMs).u64(drawnMs).u64(fromMs)
  },
  read: (reader) => ({
    entries: reader.u32(),
    bytes: reader.u64(),
    rate: wideLayout.read(reader),
    value: wideLayout.read(reader),
    due: wideLayout.read(reader),
    sinceMs: reader.u64(),
    drawnMs: reader.u64(),
    fromMs: reader.u64(),
  }),
}

/** Nodes that are, or have yet to be, paid for storage. */
export const holderTable = tableOf({ id: 58, name: 'holders', isListed: true, key: hashLayout, value: holderLayout })

/** The money of all leases together: what it owes to whom stands in leases and holders. */
export const poolTable = tableOf<true, bigint>({
  id: 59,
  name: 'lease pool',
  isListed: false,
  key: nothingLayout,
  value: { write: (writer, amount) => void writer.amount(amount), read: (reader) => reader.amount() },
  held: (amount) => amount,
})

export const leaseDueTable = dueTable(60, 'leases due')

export interface SpanKey extends EntryKey {
  readonly untilMs: number
}

const spanKeyLayout: Layout<SpanKey> = {
  write(writer, { untilMs, ...entry }) {
    orderedCounter.write(writer, untilMs)
    entryKeyLayout.write(writer, entry)
  },
  read: (reader) => ({ untilMs: orderedCounter.read(reader), ...entryKeyLayout.read(reader) }),
}

const spanLayout: Layout<Span> = {
  write(writer, { fromMs, rate }) {
    writer.u64(fromMs)
    wideLayout.write(writer, rate)
  },
  read: (reader) => ({ fromMs: reader.u64(), rate: wideLayout.read(reader) }),
}

/** In the order in which they ended. */
export const spanTable = tableOf({ id: 61, name: 'lease spans', isListed: true, key: spanKeyLayout, value: spanLayout })

/** Nodes whose parts in leases end, some in each block. */
export const evictionTable = tableOf({
  id: 62,
  name: 'evictions',
  isListed: true,
  key: hashLayout,
  value: nothingLayout,
})

/** Names a lease before it is there: by who pays and a label that the payer chose. */
export const leaseIdOf = (payer: Uint8Array, label: Uint8Array): Uint8Array => taggedHash('lease', payer, label)
