import { limits } from '@borgios/core'
import { type Account, type AccountPolicy, decodeTransaction, signedPart, type Transaction } from '@borgios/protocol'
import { AccountQueue } from './account-queue.ts'
import { type AccountView, mapKey } from './account-view.ts'
import { type Admission, type FinalPoint, judge } from './admission.ts'
import { EvictionOrder } from './eviction-order.ts'
import { effectiveTip, makePending, type PendingTransaction } from './pending-transaction.ts'
import { ReadyAccounts } from './ready-accounts.ts'
import type { Refusal } from './refusal.ts'
import { type SelectionRequest, select } from './selection.ts'
import { fingerprintOf, isSamePolicy, type RememberingVerifier } from './transaction-verifier.ts'
import type { UnitsOf } from './units.ts'

/** What it holds at most, of all accounts together. */
export interface MempoolBounds {
  readonly maxTransactions: number
  readonly maxBytes: number
  /** Of those that own users watch: further ones have no privilege. */
  readonly ownTransactions: number
  readonly ownBytes: number
}

export interface MempoolModules {
  readonly accounts: AccountView
  readonly verifier: RememberingVerifier
  readonly unitsOf: UnitsOf
}

/** A block that became final. */
export interface FinalStep extends FinalPoint {
  /** Every account whose record it changed; the view says what they are now. */
  readonly changed: Iterable<Uint8Array>
}

/** A transaction that would be taken, read and checked. */
export interface Candidate {
  readonly transaction: Transaction
  readonly entry: PendingTransaction
}

const refused = (refusal: Refusal): Admission => ({ outcome: 'refused', refusal })

function decoded(bytes: Uint8Array): Transaction | undefined {
  try {
    return decodeTransaction(bytes)
  } catch {
    return undefined
  }
}

/** Whether both are one transaction, with other signatures. */
const isSignedAnew = (former: PendingTransaction, bytes: Uint8Array, transaction: Transaction): boolean =>
  Buffer.compare(signedPart(former.bytes, decodeTransaction(former.bytes)), signedPart(bytes, transaction)) === 0

const NO_ACCOUNT: Account = { balance: 0n, nonce: 0, policy: undefined }

/**
 * Transactions that wait to enter a block: bounded in all and for each account, payable as of the final state, signatures checked. They
 * stay until their nonce is used in a final block, so a proposal that fails loses nothing.
 */
export class Mempool {
  readonly #modules: MempoolModules
  readonly #bounds: MempoolBounds
  readonly #queues = new Map<string, AccountQueue>()
  readonly #entries = new Map<string, PendingTransaction>()
  readonly #ready: ReadyAccounts
  #final: FinalPoint
  #bytes = 0
  #ownCount = 0
  #ownBytes = 0
  #arrivals = 0
  /** No pending transaction expires before. */
  #earliestLastHeight = Number.POSITIVE_INFINITY
  /** Kept from when the mempool is full until the next block is final. */
  #order: EvictionOrder | undefined

  constructor(final: FinalPoint, modules: MempoolModules, bounds: MempoolBounds = limits.ledgerMempool) {
    this.#final = final
    this.#ready = new ReadyAccounts(final)
    this.#bounds = bounds
    this.#modules = modules
  }

  get size(): number {
    return this.#entries.size
  }

  /** Of the encodings. */
  get bytes(): number {
    return this.#bytes
  }

  get final(): FinalPoint {
    return this.#final
  }

  /** The pending transaction of an account with this nonce. */
  find(account: Uint8Array, nonce: number): PendingTransaction | undefined {
    return this.#queues.get(mapKey(account))?.find(nonce)
  }

  /** The pending transactions of an account, by rising nonces. */
  waiting(account: Uint8Array): readonly PendingTransaction[] {
    return [...(this.#queues.get(mapKey(account))?.entries ?? [])]
  }

  /** What an account is in the final state. */
  account(account: Uint8Array): Account {
    return this.#modules.accounts.account(account) ?? NO_ACCOUNT
  }

  /**
   * Takes a transaction, or says why not; the signatures are checked last. `isOwn`: a user of this node watches it, so dearer ones do not
   * put it out. The bytes are copied.
   */
  add(bytes: Uint8Array, isOwn = false): Admission {
    const fingerprint = fingerprintOf(bytes)
    const known = this.#known(fingerprint, isOwn)
    if (known !== undefined) return known
    const candidate = this.#read(bytes, fingerprint)
    return 'reason' in candidate ? refused(candidate) : this.#judge(candidate, isOwn, false)
  }

  /** Looks at a transaction of a user of this node, for {@link addTried}: what it is, or why it would not be taken. Changes nothing. */
  try(bytes: Uint8Array): Candidate | Refusal {
    const candidate = this.#read(bytes, fingerprintOf(bytes))
    if ('reason' in candidate || this.#entries.has(candidate.entry.fingerprint)) return candidate
    const admission = this.#judge(candidate, true, true)
    return admission.outcome === 'refused' ? admission.refusal : candidate
  }

  /** As {@link add} for who watches it, without reading it again. All that may have changed since is checked again. */
  addTried(candidate: Candidate): Admission {
    return this.#known(candidate.entry.fingerprint, true) ?? this.#judge(candidate, true, false)
  }

  #known(fingerprint: string, isOwn: boolean): Admission | undefined {
    const entry = this.#entries.get(fingerprint)
    if (entry === undefined) return undefined
    if (isOwn) this.#own(entry)
    return { outcome: 'known', entry }
  }

  #read(given: Uint8Array, fingerprint: string): Candidate | Refusal {
    // They may be part of a whole batch, or somebody may write there again.
    const bytes = new Uint8Array(given)
    const transaction = decoded(bytes)
    if (transaction === undefined) return { reason: 'malformed' }
    const entry = makePending(transaction, bytes, fingerprint, this.#arrivals++, this.#modules.unitsOf)
    return 'reason' in entry ? entry : { transaction, entry }
  }

  #judge(candidate: Candidate, isOwn: boolean, isTrial: boolean): Admission {
    const { entry, transaction } = candidate
    const queue = this.#queues.get(entry.account) ?? new AccountQueue(entry.account, this.account(transaction.account))
    const refusal = judge(entry, queue, this.#final)
    if (refusal?.reason === 'raiseTooSmall') {
      const former = queue.find(entry.nonce)
      if (former !== undefined && isSignedAnew(former, entry.bytes, transaction)) {
        return { outcome: 'known', entry: former }
      }
    }
    return refusal === undefined ? this.#enter(candidate, queue, isOwn, isTrial) : refused(refusal)
  }

  /** Transactions for a block, in order: see {@link select}. */
  select(request: SelectionRequest): PendingTransaction[] {
    return select(this.#queues.values(), request)
  }

  /** Whether any may enter the block after the final one, which holds at most so many units. */
  isReady(maxUnits: number): boolean {
    return this.#ready.has(maxUnits)
  }

  /** A block could not take it, but one may once its account is another: {@link isReady} does not count it until then. */
  setAside(entry: PendingTransaction): void {
    const queue = this.#queues.get(entry.account)
    if (queue !== undefined) this.#ready.setAside(entry, queue)
  }

  /** Takes out a transaction that no block can ever hold. */
  drop(entry: PendingTransaction): void {
    if (this.#entries.get(entry.fingerprint) === entry) this.#dropAll([entry])
  }

  /** Drops what the block used, what has expired and what its account can no longer pay. */
  onFinal({ height, baseFee, changed }: FinalStep): void {
    this.#final = { height, baseFee }
    this.#order = undefined
    for (const account of changed) {
      const queue = this.#queues.get(mapKey(account))
      if (queue !== undefined) this.#renew(queue, this.account(account))
    }
    if (height >= this.#earliestLastHeight) this.#expire()
    this.#ready.moveOn(this.#final, this.#queues.values())
  }

  /** The state became another: of any account anything may have changed. */
  onLeap(final: FinalPoint): void {
    const changed = [...this.#queues.keys()].map((key) => Buffer.from(key, 'latin1'))
    this.onFinal({ ...final, changed })
  }

  #enter({ entry, transaction }: Candidate, queue: AccountQueue, isOwn: boolean, isTrial: boolean): Admission {
    const former = queue.find(entry.nonce)
    const count = this.size + (former === undefined ? 1 : 0) - this.#bounds.maxTransactions
    const bytes = this.#bytes - (former?.bytes.length ?? 0) + entry.bytes.length - this.#bounds.maxBytes
    const isKept = isOwn && this.#mayOwn(entry)
    const leaving = count > 0 || bytes > 0 ? this.#leaving(entry, queue, isKept, count, bytes) : []
    if (leaving === undefined) return refused({ reason: 'mempoolFull' })
    const refusal = this.#checkSignatures(entry, transaction, queue.account.policy)
    if (refusal !== undefined) return refused(refusal)
    if (isTrial) return { outcome: 'added', entry, replaced: former }
    this.#dropAll(former === undefined || leaving.includes(former) ? leaving : [...leaving, former])
    this.#queues.set(queue.key, queue)
    this.#entries.set(entry.fingerprint, entry)
    this.#bytes += entry.bytes.length
    if (isKept) this.#own(entry)
    this.#earliestLastHeight = Math.min(this.#earliestLastHeight, entry.lastHeight)
    queue.insert(entry)
    this.#ready.note(queue)
    this.#order?.note(queue)
    return { outcome: 'added', entry, replaced: former }
  }

  /** Who would make room for a newcomer; undefined if others are worth more. */
  #leaving(
    entry: PendingTransaction,
    queue: AccountQueue,
    isOwn: boolean,
    count: number,
    bytes: number,
  ): readonly PendingTransaction[] | undefined {
    const baseFee = Number(this.#final.baseFee)
    const index = queue.indexFrom(entry.nonce)
    const isReachable = entry.nonce === queue.account.nonce + index
    const priority = isReachable
      ? Math.min(queue.priority(index, baseFee), effectiveTip(entry, baseFee))
      : Number.NEGATIVE_INFINITY
    this.#order ??= new EvictionOrder(this.#queues, baseFee)
    return this.#order.cheapest(isOwn ? Number.POSITIVE_INFINITY : priority, count, bytes)
  }

  #checkSignatures(
    { bytes, fingerprint }: PendingTransaction,
    transaction: Transaction,
    policy: AccountPolicy | undefined,
  ): Refusal | undefined {
    const { signatures, account } = transaction
    const isEnough = signatures.length >= (policy?.needed ?? 1)
    const keys = policy?.keys ?? [account]
    if (isEnough && this.#modules.verifier.verifyKnown({ transaction, bytes, fingerprint }, keys)) return undefined
    return { reason: policy === undefined ? 'badSignature' : 'policyUnmet' }
  }

  #mayOwn({ bytes }: PendingTransaction): boolean {
    return this.#ownCount < this.#bounds.ownTransactions && this.#ownBytes + bytes.length <= this.#bounds.ownBytes
  }

  #own(entry: PendingTransaction): void {
    if (entry.isOwn || !this.#mayOwn(entry)) return
    entry.isOwn = true
    this.#ownCount += 1
    this.#ownBytes += entry.bytes.length
  }

  #renew(queue: AccountQueue, account: Account): void {
    const isSame = isSamePolicy(queue.account.policy, account.policy)
    queue.account = account
    const leaving = queue.entries.slice(0, queue.indexFrom(account.nonce))
    const staying = queue.entries.slice(leaving.length)
    if (!isSame) {
      const isUnmet = (entry: PendingTransaction) =>
        this.#checkSignatures(entry, decodeTransaction(entry.bytes), account.policy) !== undefined
      leaving.push(...staying.filter(isUnmet))
    }
    this.#dropAll(leaving)
    for (let last = queue.at(-1); last !== undefined && queue.maxFee > account.balance; last = queue.at(-1)) {
      this.#dropAll([last])
    }
    this.#ready.note(queue)
  }

  #expire(): void {
    const expired: PendingTransaction[] = []
    this.#earliestLastHeight = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values()) {
      const { lastHeight } = entry
      if (lastHeight <= this.#final.height) expired.push(entry)
      else this.#earliestLastHeight = Math.min(this.#earliestLastHeight, lastHeight)
    }
    this.#dropAll(expired)
  }

  #dropAll(entries: readonly PendingTransaction[]): void {
    for (const entry of entries) {
      const queue = this.#queues.get(entry.account)
      queue?.remove(entry)
      if (queue !== undefined) this.#ready.note(queue)
      if (queue?.length === 0) this.#queues.delete(entry.account)
      else if (queue !== undefined) this.#order?.note(queue)
      this.#entries.delete(entry.fingerprint)
      this.#bytes -= entry.bytes.length
      if (!entry.isOwn) continue
      this.#ownCount -= 1
      this.#ownBytes -= entry.bytes.length
    }
  }
}
