import type { Account } from '@borgios/protocol'
import type { AccountQueue } from './account-queue.ts'
import type { FinalPoint } from './admission.ts'
import type { PendingTransaction } from './pending-transaction.ts'

/** Accounts whose first pending transaction may enter the block after the final one: whether anything does must not take a walk over all. */
export class ReadyAccounts {
  readonly #ready = new Set<AccountQueue>()
  /** Entries that a block was offered and could not take, and what their account was then. */
  readonly #unfit = new WeakMap<PendingTransaction, Account>()
  #final: FinalPoint

  constructor(final: FinalPoint) {
    this.#final = final
  }

  /** Of a block that may hold so many units, or more. */
  has(maxUnits: number): boolean {
    for (const { first } of this.#ready) if (first !== undefined && first.units <= maxUnits) return true
    return false
  }

  /** The account's entries or its record changed. */
  note(queue: AccountQueue): void {
    if (this.#isReady(queue)) this.#ready.add(queue)
    else this.#ready.delete(queue)
  }

  /** A block could not take it: as long as its account stays as it is, it is nothing to make a block for. */
  setAside(entry: PendingTransaction, queue: AccountQueue): void {
    this.#unfit.set(entry, queue.account)
    this.note(queue)
  }

  /** Another block is final. */
  moveOn(final: FinalPoint, queues: Iterable<AccountQueue>): void {
    const isSameFee = final.baseFee === this.#final.baseFee
    this.#final = final
    if (!isSameFee) for (const queue of queues) this.note(queue)
  }

  #isReady({ first, account }: AccountQueue): boolean {
    if (first === undefined || first.nonce !== account.nonce || first.feePerUnit < Number(this.#final.baseFee))
      return false
    return first.lastHeight > this.#final.height && this.#unfit.get(first) !== account
  }
}
