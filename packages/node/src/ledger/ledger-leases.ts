import { decodeBase32, encodeBase32, GIB, isBorgError, type Logger, limits, NodeId, ShardId } from '@borgios/core'
import {
  costOf,
  LEASES_MODULE,
  type Ledger,
  leaseIdOf,
  leaseTable,
  least,
  memberOf,
  moneyOperations,
  type ProposedEntry,
  parameter,
  rateOf,
  reservedLabels,
} from '@borgios/ledger'
import {
  compareBytes,
  encodeShardList,
  type PutId,
  type ShardReceipt,
  shardListHash,
  taggedHash,
} from '@borgios/protocol'
import type { Coding, LeaseHold, LeaseWish, StorageLeases } from '@borgios/store'
import { leaseOver, leaseTooLarge } from '../errors.ts'
import type { ListClient } from './list-client.ts'
import type { WalletSender } from './wallet-sender.ts'

const bounds = limits.node
const { minLeaseMs, leaseMarginMs, maxLeaseHolders } = limits.ledgerMoney
const TAG_BYTES = 16

export interface LedgerLeasesModules {
  readonly ledger: Ledger
  readonly sender: WalletSender
  readonly lists: Pick<ListClient, 'deliver'>
  /** This node: its puts are told from those of others with the same wallet. */
  readonly node: Uint8Array
  readonly logger: Logger
}

/** Shards of one node by their ids, with their bytes. */
type Held = Map<ShardId, number>

/** A put's money: set aside for a time and so many bytes at the price of that moment. */
interface Reservation {
  readonly label: Uint8Array
  readonly coding: Coding
  readonly forMs: number
  readonly price: bigint
  readonly amount: bigint
}

const operation = <Body>(type: { readonly kind: number; encode(body: Body): Uint8Array }, body: Body) => ({
  module: LEASES_MODULE,
  kind: type.kind,
  body: type.encode(body),
})

/** Puts are paid for by leases: money is set aside before, what became durable is leased, and the rest comes back. */
export class LedgerLeases implements StorageLeases {
  readonly #modules: LedgerLeasesModules
  /** Labels of this process, as text: what stands under another one is an earlier one's. */
  readonly #labels = new Set<string>()

  constructor(modules: LedgerLeasesModules) {
    this.#modules = modules
  }

  /** Throws NODE_FUNDS_SHORT, NODE_LEASE_TOO_LARGE and what else `WalletSender.pay` throws. */
  async hold({ put, bytes: said, coding, keepForMs }: LeaseWish, signal: AbortSignal): Promise<LeaseHold> {
    const { ledger, sender } = this.#modules
    const most = bounds.maxPutStripes * coding.data * limits.store.maxShardBytes
    const maxBytes = said ?? Math.min(most, bounds.unknownPutBytes)
    if (maxBytes > most) throw leaseTooLarge(`one put may have at most ${most} bytes with this coding: put it in parts`)
    const forMs = Math.max(keepForMs, minLeaseMs) + leaseMarginMs
    const price = parameter({ state: ledger.state, epoch: ledger.chain.record.epoch }, 'storagePrice')
    const bytes = codedBytes(maxBytes, coding) + spareBytes(price, forMs)
    const amount = costOf(rateOf(bytes, price), forMs)
    const label = labelOf(this.#modules.node, put)
    this.#labels.add(encodeBase32(label))
    const body = { label, bytes, forMs, mostAmount: amount, lifeMs: bounds.putHoldMs }
    const reservation = { label, coding, forMs, price, amount }
    const { reserve } = moneyOperations.lease
    try {
      await sender.pay({ operations: [operation(reserve, body)], amount, what: 'this put', patience: 'short' }, signal)
    } catch (error) {
      if (mayStillHappen(error, signal)) this.#undoLater(reservation)
      throw error
    }
    return this.#holdOf(reservation, maxBytes)
  }

  /** The name of the lease that a put of this node gets, before it is there. */
  leaseOf(put: PutId): Uint8Array {
    return leaseIdOf(this.#modules.sender.account, labelOf(this.#modules.node, put))
  }

  /** Pays for a lease for longer, at the price of today from now on. Throws NODE_LEASE_OVER, NODE_FUNDS_SHORT and what else `WalletSender.pay` throws. */
  async renew(lease: Uint8Array, forMs: number): Promise<void> {
    const { ledger, sender } = this.#modules
    const { bytes = 0 } = ledger.state.get(leaseTable, lease) ?? {}
    if (bytes === 0) throw leaseOver('nobody is paid for this file any more, or yet: put it again if it must be kept')
    const price = parameter({ state: ledger.state, epoch: ledger.chain.record.epoch }, 'storagePrice')
    const amount = costOf(rateOf(bytes, price), forMs)
    const body = { lease, amount }
    await sender.pay({ operations: [operation(moneyOperations.lease.extend, body)], amount, what: 'renewing a file' })
  }

  /** Reservations that are there, and such as the earlier process had just sent. */
  async left(): Promise<readonly LeaseHold[]> {
    const before = this.#leftLabels()
    await this.#modules.sender.decided()
    const labels = new Map([...before, ...this.#leftLabels()].map((label) => [encodeBase32(label), label]))
    const nothing = { coding: { data: 1, parity: 0 }, forMs: 0, price: 0n, amount: 0n }
    return [...labels]
      .filter(([text]) => !this.#labels.has(text))
      .map(([, label]) => this.#holdOf({ label, ...nothing }, 0))
  }

  #leftLabels(): readonly Uint8Array[] {
    const { ledger, sender, node } = this.#modules
    const tag = tagOf(node)
    const labels = reservedLabels(ledger.state, sender.account)
    return labels.filter((label) => compareBytes(label.subarray(0, TAG_BYTES), tag) === 0)
  }

  #holdOf(reservation: Reservation, maxBytes: number): LeaseHold {
    const held = new Map<NodeId, Held>()
    return {
      maxBytes,
      stored({ node, shard, bytes }: ShardReceipt) {
        const shards = held.get(node) ?? new Map<ShardId, number>()
        held.set(node, shards.set(shard, bytes))
      },
      settle: () => this.#open(reservation, held),
      refund: () => this.#undo(reservation),
    }
  }

  /** Makes the lease, and tells each node in the background what it is paid for. */
  async #open(reservation: Reservation, held: ReadonlyMap<NodeId, Held>): Promise<void> {
    const { sender, lists } = this.#modules
    const parts = this.#payable(held)
    if (parts.length === 0) return this.#undo(reservation)
    const { label, coding, forMs, price, amount: reserved } = reservation
    const entries = parts.map(({ entry }) => entry)
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    const amount = least(costOf(rateOf(bytes + spareBytes(price, forMs), price), forMs), reserved)
    const { data, parity } = coding
    const body = { label, isReserved: true, data, parity, amount, entries }
    await sender.pay({ operations: [operation(moneyOperations.lease.open, body)], what: 'this put' })
    const lease = leaseIdOf(sender.account, label)
    for (const { holder, list } of parts) lists.deliver({ holder, lease, list })
  }

  /** What can be paid for: members of the ledger only, and no more of them than a lease may have. The others keep it for nothing. */
  #payable(held: ReadonlyMap<NodeId, Held>): readonly Part[] {
    const { ledger, logger } = this.#modules
    const parts = [...held].map(([holder, shards]) => partOf(holder, shards))
    const members = parts.filter(({ entry }) => memberOf(ledger.state, entry.holder)?.state === 'active')
    const largest = members.sort((one, other) => other.entry.bytes - one.entry.bytes).slice(0, maxLeaseHolders)
    const unpaid = parts.length - largest.length
    if (unpaid > 0) logger.info('nodes that keep shards of a file cannot be paid for it', { nodes: unpaid })
    return largest.sort((one, other) => compareBytes(one.entry.holder, other.entry.holder))
  }

  /** Gives all back, whatever became of the put's earlier transactions, and however long the ledger stands still. */
  async #undo({ label }: Reservation): Promise<void> {
    const { ledger, sender } = this.#modules
    const { cancel, end } = moneyOperations.lease
    const payment = { what: 'a put that failed', patience: 'endless' } as const
    try {
      await sender.pay({ operations: [operation(cancel, label)], ...payment })
    } catch (error) {
      if (!isRefusedFor(error, 'LEDGER_NO_HOLD')) throw error
      const lease = leaseIdOf(sender.account, label)
      const isOpen = ledger.state.get(leaseTable, lease) !== undefined
      if (isOpen) await sender.pay({ operations: [operation(end, lease)], ...payment })
    }
  }

  /** For a reservation that nobody waits for any more, and that may yet be made. */
  #undoLater(reservation: Reservation): void {
    this.#undo(reservation).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error)
      this.#modules.logger.warn('what was set aside for a put that was given up comes back by itself only', { why })
    })
  }
}

interface Part {
  readonly holder: NodeId
  readonly entry: ProposedEntry
  readonly list: Uint8Array
}

function partOf(holder: NodeId, held: Held): Part {
  const shards = [...held]
    .map(([shard, bytes]) => ({ shard: ShardId.toBytes(shard), bytes }))
    .sort((one, other) => compareBytes(one.shard, other.shard))
  const bytes = shards.reduce((sum, one) => sum + one.bytes, 0)
  const entry = { holder: NodeId.toBytes(holder), bytes, shards: shards.length, list: shardListHash(shards) }
  return { holder, entry, list: encodeShardList(shards) }
}

/** Marks the reservations of this node among those of one wallet. */
const tagOf = (node: Uint8Array): Uint8Array => taggedHash('put-label', node).subarray(0, TAG_BYTES)

function labelOf(node: Uint8Array, put: PutId): Uint8Array {
  const label = new Uint8Array(2 * TAG_BYTES)
  label.set(tagOf(node))
  label.set(decodeBase32(put) ?? [], TAG_BYTES)
  return label
}

/** What a file takes at most on all nodes together: stripes, padded, and the pages of its manifest with their copies. */
export function codedBytes(bytes: number, { data, parity }: Coding): number {
  const { maxShardBytes, minPageCopies } = limits.store
  const stripes = Math.ceil(bytes / (data * maxShardBytes))
  const shards = data + parity
  const padded = Math.ceil(bytes / data) * shards + stripes * shards * SHARD_PADDING_BYTES
  const entry = data * bounds.stripeTagBytes + shards * bounds.stripeEntryBytes
  return padded + Math.max(minPageCopies, parity + 1) * (bounds.pageFrameBytes + stripes * entry)
}

/** Bytes that cost what a lease has to spare. */
function spareBytes(price: bigint, forMs: number): number {
  const costOfGib = costOf(rateOf(GIB, price), forMs)
  return costOfGib === 0n ? 0 : Math.min(GIB, Number((bounds.leaseSpare * BigInt(GIB)) / costOfGib))
}

/** A shard's length is a multiple of 64. */
const SHARD_PADDING_BYTES = 64

const isRefusedFor = (error: unknown, code: string): boolean =>
  isBorgError(error) && error.code === 'NODE_PAYMENT_REFUSED' && error.meta['reason'] === code

const mayStillHappen = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted ||
  (isBorgError(error) && ['NODE_PAYMENT_OPEN', 'NODE_LEDGER_STILL', 'NODE_STOPPING'].includes(error.code))
