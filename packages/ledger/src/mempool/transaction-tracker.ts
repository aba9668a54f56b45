import { limits } from '@borgios/core'
import { decodeTransaction, type Receipt } from '@borgios/protocol'
import { trackerFull, transactionNotTaken } from '../errors.ts'
import { transactionIdOf } from '../execution/native-hashes.ts'
import { mapKey } from './account-view.ts'
import type { Admission } from './admission.ts'
import type { Candidate, Mempool } from './mempool.ts'
import type { Refusal } from './refusal.ts'
import {
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
  /** 32 bytes. */
  readonly id: Uint8Array
  /** Undefined if it is not known any more what it came to. */
  readonly receipt: Receipt | undefined
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
  /** While its record is not durable yet it stays out of the mempool: what shall enter then. */
  heldBack: Candidate | undefined
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
  readonly #changes = new Map<string, TrackerChange>()

  /** `network`: 32 bytes. */
  constructor(network: Uint8Array, mempool: Mempool) {
    this.#network = network
    this.#mempool = mempool
  }

  /** Transactions that are not decided. */
  get openCount(): number {
    return this.#open.size
  }

  /** Whether any of an account (32 bytes) is not decided. */
  isFollowing(account: Uint8Array): boolean {
    return this.#openByAccount.has(mapKey(account))
  }

  /** Whether one of an account (32 bytes) with this nonce is not decided. */
  isNonceTaken(account: Uint8Array, nonce: number): boolean {
    for (const { tracked } of this.#openByAccount.get(mapKey(account)) ?? []) if (tracked.nonce === nonce) return true
    return false
  }

  /** After a start: final blocks above this height say what used the nonces of those that are not decided; undefined if none is used. */
  get sinceHeight(): number | undefined {
    let least: number | undefined
    for (const open of this.#open.values()) {
      const { sentHeight } = open.tracked
      if (this.#isUsed(open)) least = Math.min(least ?? sentHeight, sentHeight)
    }
    return least
  }

  /**
   * Follows a user's transaction that the mempool would take; returns its id. Once its record is durable, {@link enter} puts it into the
   * mempool, and it is to be broadcast. Again for one that is followed already changes nothing. Throws LEDGER_TRANSACTION_NOT_TAKEN, LEDGER_TRACKER_FULL.
   */
  submit(bytes: Uint8Array, nowMs: number): Uint8Array {
    if (this.#open.size >= bounds.tracked) throw trackerFull(bounds.tracked)
    const candidate = this.#mempool.try(bytes)
    if ('reason' in candidate) throw transactionNotTaken(candidate)
    const { entry, transaction } = candidate
    const id = transactionIdOf(this.#network, entry.bytes, transaction)
    if (this.#open.has(mapKey(id))) return id
    const tracked = makeTracked(id, entry.bytes, transaction, nowMs, this.#mempool.final.height)
    this.#follow(tracked, nowMs, candidate)
    this.#note(tracked)
    return id
  }

  /** Whether it was submitted and {@link enter} is still to come. */
  isHeldBack(id: Uint8Array): boolean {
    return this.#open.get(mapKey(id))?.heldBack !== undefined
  }

  /** Its record is durable: from now on it may take effect. */
  enter(id: Uint8Array): void {
    const open = this.#open.get(mapKey(id))
    if (open === undefined) return
    const candidate = open.heldBack
    open.heldBack = undefined
    if (candidate === undefined) this.#putIn(open)
    else this.#noteAdmission(open, this.#mempool.addTried(candidate))
  }

  /** Takes up what an earlier process followed. */
  restore(records: Iterable<TrackedTransaction>, nowMs: number): void {
    for (const tracked of records) {
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
      if (open.tracked.lastHeight <= height) this.#endUnseen(open)
    }
  }

  /** After a start, once all blocks that are kept were shown: what is decided although none of them said how. */
  settle(): void {
    const { height } = this.#mempool.final
    for (const open of this.#open.values()) {
      if (this.#isUsed(open) || open.tracked.lastHeight <= height) this.#endUnseen(open)
    }
  }

  /** Transactions to be broadcast again now. They are put back into the mempool if they are not there. */
  resend(nowMs: number): readonly Uint8Array[] {
    const due: Uint8Array[] = []
    for (const open of this.#open.values()) {
      if (nowMs < open.resendMs || open.heldBack !== undefined) continue
      open.resendAfterMs = Math.min(open.resendAfterMs * 2, bounds.maxResendMs)
      open.resendMs = nowMs + open.resendAfterMs
      if (open.blockHeight !== undefined) continue
      this.#putIn(open)
      if (open.refusal === undefined) due.push(open.tracked.bytes)
    }
    return due
  }

  /** What changed and is not durable yet. */
  changes(): readonly TrackerChange[] {
    return [...this.#changes.values()]
  }

  /** These of {@link changes} are durable. */
  onWritten(changes: readonly TrackerChange[]): void {
    for (const change of changes) {
      const key = mapKey(change.id)
      if (this.#changes.get(key) === change) this.#changes.delete(key)
    }
  }

  #isUsed({ tracked: { account, nonce } }: Open): boolean {
    return this.#mempool.account(account).nonce > nonce
  }

  /** It can enter no block any more, and none that was shown held it. */
  #endUnseen(open: Open): void {
    const { lastHeight } = open.tracked
    this.#end(open, this.#isUsed(open) ? { kind: 'decided' } : { kind: 'expired', lastHeight })
  }

  #putIn(open: Open): void {
    this.#noteAdmission(open, this.#mempool.add(open.tracked.bytes, true))
  }

  #noteAdmission(open: Open, admission: Admission): void {
    open.refusal = admission.outcome === 'refused' ? admission.refusal : undefined
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
    return Buffer.compare(this.#idOf(bytes), id) === 0
  }

  #idOf(bytes: Uint8Array): Uint8Array {
    return transactionIdOf(this.#network, bytes, decodeTransaction(bytes))
  }

  #pendingReason(account: Uint8Array, nonce: number, offered: number): PendingReason {
    for (let earlier = this.#mempool.account(account).nonce; earlier < nonce; earlier += 1) {
      if (this.#mempool.find(account, earlier) === undefined) return { reason: 'nonceMissing', nonce: earlier }
    }
    const { baseFee } = this.#mempool.final
    return offered < baseFee ? { reason: 'feeBelowBase', offered, baseFee } : { reason: 'ready' }
  }

  #follow(tracked: TrackedTransaction, sentMs: number, heldBack?: Candidate): void {
    const { firstResendMs } = bounds
    const open: Open = {
      tracked,
      blockHeight: undefined,
      refusal: undefined,
      heldBack,
      resendMs: sentMs + firstResendMs,
      resendAfterMs: firstResendMs,
    }
    this.#open.set(mapKey(tracked.id), open)
    const ofAccount = this.#openByAccount.get(tracked.accountKey)
    if (ofAccount === undefined) this.#openByAccount.set(tracked.accountKey, new Set([open]))
    else ofAccount.add(open)
  }

  #decide(height: number, { account, nonce, id, receipt }: FinalTransaction): void {
    const ofAccount = this.#openByAccount.get(mapKey(account))
    if (ofAccount === undefined) return
    for (const open of ofAccount) {
      if (open.tracked.nonce !== nonce) continue
      if (Buffer.compare(open.tracked.id, id) !== 0) this.#end(open, { kind: 'replaced', height, by: id })
      else if (receipt === undefined) this.#end(open, { kind: 'decided' })
      else this.#end(open, { kind: receipt.status === 0 ? 'final' : 'failed', height, receipt })
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
