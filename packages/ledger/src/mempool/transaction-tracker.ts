import { limits } from '@borgios/core'
import { decodeTransaction, type Receipt, transactionId } from '@borgios/protocol'
import { trackerFull, transactionNotTaken } from '../errors.ts'
import { mapKey } from './account-view.ts'
import type { Mempool } from './mempool.ts'
import type { Refusal } from './refusal.ts'
import {
  decodeTracked,
  encodeTracked,
  makeTracked,
  type Outcome,
  type PendingReason,
  type TrackedTransaction,
  type TransactionState,
} from './tracked-transaction.ts'

const bounds = limits.ledgerMempool

/** A transaction of a final block. */
export interface FinalTransaction {
  /** 32 bytes. */
  readonly account: Uint8Array
  readonly nonce: number
  readonly receipt: Receipt
}

/** What the shell has to keep: a record by the transaction's id, or undefined when it may be forgotten. */
export interface TrackerChange {
  readonly id: Uint8Array
  readonly record: Uint8Array | undefined
}

/** A transaction of a user of this node. */
export interface FollowedTransaction {
  /** As it was signed. */
  readonly bytes: Uint8Array
  /** Unix time. */
  readonly sentMs: number
  readonly state: TransactionState
}

/** One that is not decided yet. */
interface Open {
  readonly tracked: TrackedTransaction
  /** Of the block that holds it and is not final. */
  blockHeight: number | undefined
  refusal: Refusal | undefined
  resendMs: number
  resendAfterMs: number
}

/**
 * Follows the transactions of this node's users from sent to final: says where each stands and sends it again, ever more seldom, until it
 * is decided. No I/O: the shell keeps the records and broadcasts.
 */
export class TransactionTracker {
  readonly #network: Uint8Array
  readonly #mempool: Mempool
  readonly #open = new Map<string, Open>()
  readonly #openByAccount = new Map<string, Set<Open>>()
  /** The oldest first. */
  readonly #decided = new Map<string, TrackedTransaction>()
  #changes = new Map<string, TrackerChange>()

  /** `network`: 32 bytes. */
  constructor(network: Uint8Array, mempool: Mempool) {
    this.#network = network
    this.#mempool = mempool
  }

  /** Transactions that are not decided. */
  get openCount(): number {
    return this.#open.size
  }

  /** Blocks above this height must be shown to {@link onFinal} after a restart; undefined if none. */
  get sinceHeight(): number | undefined {
    if (this.#open.size === 0) return undefined
    let least = Number.POSITIVE_INFINITY
    for (const { tracked } of this.#open.values()) least = Math.min(least, tracked.sentHeight)
    return least
  }

  /**
   * Puts a user's transaction into the mempool and follows it; returns its id. Once the records of {@link takeChanges} are durable it is to be
   * broadcast. Again for one that is followed already changes nothing. Throws LEDGER_TRANSACTION_NOT_TAKEN, LEDGER_TRACKER_FULL.
   */
  submit(bytes: Uint8Array, nowMs: number): Uint8Array {
    if (this.#open.size >= bounds.tracked) throw trackerFull(bounds.tracked)
    const admission = this.#mempool.add(bytes, true)
    if (admission.outcome === 'refused') throw transactionNotTaken(admission.refusal)
    const id = transactionId(this.#network, decodeTransaction(bytes))
    if (this.#open.has(mapKey(id))) return id
    const tracked = makeTracked(id, new Uint8Array(bytes), nowMs, this.#mempool.final.height)
    this.#follow(tracked, nowMs)
    this.#note(tracked)
    return id
  }

  /** Takes up what an earlier process followed. Throws PROTOCOL_MALFORMED. */
  restore(records: Iterable<Uint8Array>, nowMs: number): void {
    for (const record of records) {
      const tracked = decodeTracked(new Uint8Array(record))
      if (tracked.outcome === undefined) this.#follow(tracked, nowMs - bounds.firstResendMs)
      else this.#decided.set(mapKey(tracked.id), tracked)
    }
  }

  /** Where a transaction stands; undefined for one that is not followed, or forgotten. See `stateText`. */
  state(id: Uint8Array): TransactionState | undefined {
    const open = this.#open.get(mapKey(id))
    return open === undefined ? this.#decided.get(mapKey(id))?.outcome : this.#stateOf(open)
  }

  /** The transaction itself, and where it stands; undefined for one that is not followed, or forgotten. */
  followed(id: Uint8Array): FollowedTransaction | undefined {
    const key = mapKey(id)
    const tracked = this.#open.get(key)?.tracked ?? this.#decided.get(key)
    const state = this.state(id)
    if (tracked === undefined || state === undefined) return undefined
    return { bytes: tracked.bytes, sentMs: tracked.sentMs, state }
  }

  /** Those of an account that are not decided. */
  openOf(account: Uint8Array): readonly TrackedTransaction[] {
    return [...(this.#openByAccount.get(mapKey(account)) ?? [])].map(({ tracked }) => tracked)
  }

  /** Stops following it. It may still take effect. */
  forget(id: Uint8Array): void {
    const key = mapKey(id)
    const open = this.#open.get(key)
    if (open !== undefined) this.#close(open)
    if (this.#decided.delete(key) || open !== undefined) this.#changes.set(key, { id, record: undefined })
  }

  /** A block that is not final yet holds these (ids of 32 bytes). */
  onBlock(height: number, ids: Iterable<Uint8Array>): void {
    if (this.#open.size === 0) return
    for (const id of ids) {
      const open = this.#open.get(mapKey(id))
      if (open !== undefined) open.blockHeight = height
    }
  }

  /** A block became final: in order of heights, each once or more often. */
  onFinal(height: number, transactions: Iterable<FinalTransaction>): void {
    if (this.#open.size === 0) return
    for (const transaction of transactions) this.#decide(height, transaction)
    for (const open of this.#open.values()) {
      if (open.blockHeight !== undefined && open.blockHeight <= height) open.blockHeight = undefined
      const { lastHeight } = open.tracked
      if (lastHeight <= height) this.#end(open, { kind: 'expired', lastHeight })
    }
  }

  /** After a restart, once all blocks that are kept were shown: what is decided although none of them said how. */
  settle(): void {
    for (const open of this.#open.values()) {
      const { account, nonce } = open.tracked
      if (this.#mempool.account(account).nonce > nonce) this.#end(open, { kind: 'decided' })
    }
  }

  /** Transactions to be broadcast again now. They are put back into the mempool if they are not there. */
  resend(nowMs: number): readonly Uint8Array[] {
    const due: Uint8Array[] = []
    for (const open of this.#open.values()) {
      if (nowMs < open.resendMs) continue
      open.resendAfterMs = Math.min(open.resendAfterMs * 2, bounds.maxResendMs)
      open.resendMs = nowMs + open.resendAfterMs
      if (open.blockHeight !== undefined) continue
      const admission = this.#mempool.add(open.tracked.bytes, true)
      open.refusal = admission.outcome === 'refused' ? admission.refusal : undefined
      if (open.refusal === undefined) due.push(open.tracked.bytes)
    }
    return due
  }

  /** What changed since it was asked last, to be made durable. */
  takeChanges(): readonly TrackerChange[] {
    const changes = [...this.#changes.values()]
    this.#changes = new Map()
    return changes
  }

  #stateOf({ tracked, blockHeight, refusal }: Open): TransactionState {
    if (blockHeight !== undefined) return { kind: 'inBlock', height: blockHeight }
    const { account, nonce } = tracked
    const entry = this.#mempool.find(account, nonce)
    if (entry === undefined || !this.#isOf(entry.bytes, tracked.id)) return { kind: 'sent', refusal }
    return { kind: 'pending', why: this.#pendingReason(account, nonce, entry.feePerUnit) }
  }

  /** It may be there with other signatures. */
  #isOf(bytes: Uint8Array, id: Uint8Array): boolean {
    return Buffer.compare(transactionId(this.#network, decodeTransaction(bytes)), id) === 0
  }

  #pendingReason(account: Uint8Array, nonce: number, offered: number): PendingReason {
    for (let earlier = this.#mempool.account(account).nonce; earlier < nonce; earlier += 1) {
      if (this.#mempool.find(account, earlier) === undefined) return { reason: 'nonceMissing', nonce: earlier }
    }
    const { baseFee } = this.#mempool.final
    return offered < baseFee ? { reason: 'feeBelowBase', offered, baseFee } : { reason: 'ready' }
  }

  #follow(tracked: TrackedTransaction, sentMs: number): void {
    const { firstResendMs } = bounds
    const open: Open = {
      tracked,
      blockHeight: undefined,
      refusal: undefined,
      resendMs: sentMs + firstResendMs,
      resendAfterMs: firstResendMs,
    }
    this.#open.set(mapKey(tracked.id), open)
    const ofAccount = this.#openByAccount.get(tracked.accountKey)
    if (ofAccount === undefined) this.#openByAccount.set(tracked.accountKey, new Set([open]))
    else ofAccount.add(open)
  }

  #decide(height: number, { account, nonce, receipt }: FinalTransaction): void {
    const ofAccount = this.#openByAccount.get(mapKey(account))
    if (ofAccount === undefined) return
    for (const open of ofAccount) {
      if (open.tracked.nonce !== nonce) continue
      const isIt = Buffer.compare(open.tracked.id, receipt.transaction) === 0
      if (isIt) this.#end(open, { kind: receipt.status === 0 ? 'final' : 'failed', height, receipt })
      else this.#end(open, { kind: 'replaced', height, by: receipt.transaction })
    }
  }

  #end(open: Open, outcome: Outcome): void {
    this.#close(open)
    open.tracked.outcome = outcome
    this.#decided.set(mapKey(open.tracked.id), open.tracked)
    this.#note(open.tracked)
    for (const [key, { id }] of this.#decided) {
      if (this.#decided.size <= bounds.decidedKept) break
      this.#decided.delete(key)
      this.#changes.set(key, { id, record: undefined })
    }
  }

  #close(open: Open): void {
    const { id, accountKey } = open.tracked
    this.#open.delete(mapKey(id))
    const ofAccount = this.#openByAccount.get(accountKey)
    ofAccount?.delete(open)
    if (ofAccount?.size === 0) this.#openByAccount.delete(accountKey)
  }

  #note(tracked: TrackedTransaction): void {
    this.#changes.set(mapKey(tracked.id), { id: tracked.id, record: encodeTracked(tracked) })
  }
}
