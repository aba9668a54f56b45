import { limits } from '@borgios/core'
import { flagLayout, hashLayout, type Layout, risingHashes, risingLayout } from '../service/records.ts'
import type { ProposedEntry } from './lease-book.ts'

/** Sets money aside before a file is put: for so many bytes and so long a time at today's price. */
export interface ReserveBody {
  /** 32 bytes of the payer's choice: the lease that is to come has the same. */
  readonly label: Uint8Array
  /** Of all shards together. */
  readonly bytes: number
  readonly forMs: number
  /** What may be set aside at most: the price may have changed since it was read. */
  readonly mostAmount: bigint
  /** How long the put may take. */
  readonly lifeMs: number
}

/** Makes a lease for what was put. */
export interface OpenBody {
  readonly label: Uint8Array
  /** Whether the money comes from the reservation with this label, of which the rest goes back. */
  readonly isReserved: boolean
  readonly data: number
  readonly parity: number
  readonly amount: bigint
  /** In the order of their nodes, each of which must still accept. */
  readonly entries: readonly ProposedEntry[]
}

/** Adds nodes, such as those that repaired what others lost. */
export interface AssignBody {
  readonly lease: Uint8Array
  readonly entries: readonly ProposedEntry[]
}

/** Takes nodes out of a lease. */
export interface DismissBody {
  readonly lease: Uint8Array
  readonly nodes: readonly Uint8Array[]
}

/** A node's word about its parts in leases. */
export interface NodeLeasesBody {
  readonly node: Uint8Array
  readonly leases: readonly Uint8Array[]
}

export interface ExtendBody {
  readonly lease: Uint8Array
  readonly amount: bigint
}

const entryLayout: Layout<ProposedEntry> = {
  write(writer, { holder, bytes, shards, list }) {
    hashLayout.write(writer, holder)
    writer.u64(bytes).u32(shards)
    hashLayout.write(writer, list)
  },
  read: (reader) => ({
    holder: hashLayout.read(reader),
    bytes: reader.u64(),
    shards: reader.u32(),
    list: hashLayout.read(reader),
  }),
}

const { maxLeaseHolders, maxLeasesAtOnce } = limits.ledgerMoney
const entriesLayout = risingLayout(entryLayout, ({ holder }) => holder, maxLeaseHolders)
const nodesLayout = risingHashes(maxLeaseHolders)
const leasesLayout = risingHashes(maxLeasesAtOnce)

export const reserveLayout: Layout<ReserveBody> = {
  write(writer, { label, bytes, forMs, mostAmount, lifeMs }) {
    hashLayout.write(writer, label)
    writer.u64(bytes).u64(forMs).amount(mostAmount).u64(lifeMs)
  },
  read: (reader) => ({
    label: hashLayout.read(reader),
    bytes: reader.u64(),
    forMs: reader.u64(),
    mostAmount: reader.amount(),
    lifeMs: reader.u64(),
  }),
}

export const openLayout: Layout<OpenBody> = {
  write(writer, { label, isReserved, data, parity, amount, entries }) {
    hashLayout.write(writer, label)
    flagLayout.write(writer, isReserved)
    writer.u8(data).u8(parity).amount(amount)
    entriesLayout.write(writer, entries)
  },
  read: (reader) => ({
    label: hashLayout.read(reader),
    isReserved: flagLayout.read(reader),
    data: reader.u8(),
    parity: reader.u8(),
    amount: reader.amount(),
    entries: entriesLayout.read(reader),
  }),
}

export const assignLayout: Layout<AssignBody> = {
  write(writer, { lease, entries }) {
    hashLayout.write(writer, lease)
    entriesLayout.write(writer, entries)
  },
  read: (reader) => ({ lease: hashLayout.read(reader), entries: entriesLayout.read(reader) }),
}

export const dismissLayout: Layout<DismissBody> = {
  write(writer, { lease, nodes }) {
    hashLayout.write(writer, lease)
    nodesLayout.write(writer, nodes)
  },
  read: (reader) => ({ lease: hashLayout.read(reader), nodes: nodesLayout.read(reader) }),
}

export const nodeLeasesLayout: Layout<NodeLeasesBody> = {
  write(writer, { node, leases }) {
    hashLayout.write(writer, node)
    leasesLayout.write(writer, leases)
  },
  read: (reader) => ({ node: hashLayout.read(reader), leases: leasesLayout.read(reader) }),
}

export const extendLayout: Layout<ExtendBody> = {
  write(writer, { lease, amount }) {
    hashLayout.write(writer, lease)
    writer.amount(amount)
  },
  read: (reader) => ({ lease: hashLayout.read(reader), amount: reader.amount() }),
}
