import type { MovementKind } from '@borgios/protocol'

/** Why a balance changed: what is told of it says of a transfer from which side, and has a kind for what nothing explains. */
export type MoneyReason = Exclude<MovementKind, 'received' | 'sent' | 'other'> | 'transfer'

/** Why somebody moves money, and about what. */
export interface MoneyCause {
  readonly reason: MoneyReason
  /**
   * A transaction of `fee`; the other account of `transfer`, the new one of `opening`; a node of deposits, `reporting`, `grant`, `storage`
   * and `emission`; a hold; a job, of 16 bytes; a lease of `put` and `lease`. Nothing of `tips`. Otherwise 32 bytes.
   */
  readonly subject: Uint8Array
}

/** One change of a balance. Micro-units, negative for what left. */
export interface MoneyMove extends MoneyCause {
  /** 32 bytes. */
  readonly account: Uint8Array
  readonly amount: bigint
  /** Of the transaction in its block; undefined for what the block itself did. */
  readonly position: number | undefined
}

/** Every change of every balance in a block, in order: for each account together exactly what its balance changed. */
export class MoneyMoves {
  /** The transaction that takes effect now. */
  position: number | undefined
  #moves: MoneyMove[] = []

  get all(): readonly MoneyMove[] {
    return this.#moves
  }

  add(account: Uint8Array, amount: bigint, { reason, subject }: MoneyCause): void {
    if (amount !== 0n) this.#moves.push({ account, amount, reason, subject, position: this.position })
  }

  /** Does the work; when it throws, forgets what it moved and passes the error on. */
  attempt<Result>(work: () => Result): Result {
    const before = this.#moves.length
    try {
      return work()
    } catch (error) {
      this.#moves.length = before
      throw error
    }
  }
}
