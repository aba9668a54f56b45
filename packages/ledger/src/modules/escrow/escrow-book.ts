import { assert, limits } from '@borgios/core'
import { aboveHold, badTerms, holdExists, noHold, notParty, saidBefore } from '../../errors.ts'
import type { MoneyReason } from '../accounts/money-moves.ts'
import { dueUntil, moveDue } from '../service/due-queue.ts'
import { ledgerTimeMs } from '../service/ledger-clock.ts'
import { least, MAX_AMOUNT } from '../service/money-math.ts'
import { isSameBytes } from '../service/records.ts'
import type { BlockContext } from '../state-module.ts'
import { disputeTable, type Hold, holdDueTable, holdIdOf, holdTable, outcomeOf, type Said } from './hold.ts'

/** How a kind of hold pays: what is due leaves the hold by this and must be given to somebody. */
export interface HoldPurpose {
  /** Id of the module it belongs to. */
  readonly id: number
  /** Why money goes into such a hold, and what comes back of it. */
  readonly takes: MoneyReason
  readonly returns: MoneyReason
  /** What it is about. */
  subject(id: Uint8Array, hold: Pick<Hold, 'payer' | 'terms'>): Uint8Array
  pay(context: BlockContext, id: Uint8Array, hold: Hold, amount: bigint): void
}

export interface HoldOrder {
  readonly purpose: number
  readonly payer: Uint8Array
  readonly label: Uint8Array
  readonly payee: Uint8Array
  readonly payTo: Uint8Array
  readonly amount: bigint
  /** From now on the ledger's clock. */
  readonly lifeMs: number
  readonly terms: Uint8Array
}

/** Holds of all modules. Other modules make and settle theirs through this; what it takes from accounts its records hold. */
export class EscrowBook {
  readonly #purposes: ReadonlyMap<number, HoldPurpose>

  constructor(purposes: readonly HoldPurpose[]) {
    this.#purposes = new Map(purposes.map((purpose) => [purpose.id, purpose]))
  }

  /** Throws LEDGER_HOLD_EXISTS, LEDGER_BAD_TERMS, LEDGER_FUNDS_SHORT. Returns the hold's id. */
  open({ state, money }: BlockContext, order: HoldOrder): Uint8Array {
    const { purpose, payer, label, payee, payTo, amount, lifeMs, terms } = order
    const { minHoldMs, maxHoldMs } = limits.ledgerMoney
    if (lifeMs < minHoldMs || lifeMs > maxHoldMs) throw badTerms(`a hold lasts ${minHoldMs} to ${maxHoldMs} ms`)
    const id = holdIdOf(purpose, payer, label)
    if (state.get(holdTable, id) !== undefined) throw holdExists()
    const { takes, subject } = this.#purposeOf(purpose)
    money.take(payer, amount, { reason: takes, subject: subject(id, { payer, terms }) })
    const dueMs = ledgerTimeMs(state) + lifeMs
    state.set(holdTable, id, { payer, payee, payTo, amount, left: amount, said: undefined, dueMs, purpose, terms })
    moveDue(state, holdDueTable, id, undefined, dueMs)
    return id
  }

  /** The hold, if this module made it. Throws LEDGER_NO_HOLD. */
  find({ state }: Pick<BlockContext, 'state'>, purpose: number, id: Uint8Array): Hold {
    const hold = state.get(holdTable, id)
    if (hold?.purpose !== purpose || hold.dueMs <= ledgerTimeMs(state)) throw noHold()
    return hold
  }

  /**
   * The payer grants an amount, which is paid at once; the rest goes back when the payee agrees or its time to claim more is over.
   * Throws LEDGER_NO_HOLD, LEDGER_NOT_PARTY, LEDGER_ABOVE_HOLD, LEDGER_SAID_BEFORE.
   */
  grant(context: BlockContext, purpose: number, id: Uint8Array, by: Uint8Array, amount: bigint): void {
    const hold = this.find(context, purpose, id)
    if (!isSameBytes(by, hold.payer)) throw notParty('the payer')
    this.#say(context, id, hold, { byPayer: true, amount })
  }

  /**
   * The payee claims an amount: paid when the payer grants as much or says nothing for its time. Throws as {@link grant} does.
   */
  claim(context: BlockContext, purpose: number, id: Uint8Array, by: Uint8Array, amount: bigint): void {
    const hold = this.find(context, purpose, id)
    if (!isSameBytes(by, hold.payee) && !isSameBytes(by, hold.payTo)) throw notParty('the payee')
    this.#say(context, id, hold, { byPayer: false, amount })
  }

  /** Ends a hold that nobody but its module may decide on. The caller gives away what it returns. */
  withdraw({ state }: BlockContext, id: Uint8Array): bigint {
    const hold = state.get(holdTable, id)
    assert(hold !== undefined, 'a hold that is withdrawn is there')
    state.set(holdTable, id, undefined)
    moveDue(state, holdDueTable, id, hold.dueMs, undefined)
    return hold.left
  }

  /** Gives some of a hold back to its payer. */
  giveBack({ money }: BlockContext, id: Uint8Array, hold: Hold, amount: bigint): void {
    const { returns, subject } = this.#purposeOf(hold.purpose)
    if (amount > 0n) money.give(hold.payer, amount, { reason: returns, subject: subject(id, hold) })
  }

  /** Ends what is due, in the order of time. */
  onBlock(context: BlockContext): void {
    const { state } = context
    for (const { id } of dueUntil(state, holdDueTable, ledgerTimeMs(state), limits.ledgerMoney.duePerBlock)) {
      const hold = state.get(holdTable, id)
      assert(hold !== undefined, 'what is due is there')
      this.#end(context, id, hold, hold.said, undefined)
    }
  }

  #say(context: BlockContext, id: Uint8Array, hold: Hold, said: Said): void {
    if (said.amount > hold.amount) throw aboveHold(said.amount, hold.amount)
    if (hold.said !== undefined) {
      if (hold.said.byPayer === said.byPayer) throw saidBefore()
      this.#end(context, id, hold, hold.said, said)
    } else if (!said.byPayer && said.amount === 0n) {
      // Whoever claims nothing gives the hold back: there is nothing to wait for.
      this.#end(context, id, hold, said, undefined)
    } else {
      this.#wait(context, id, hold, said)
    }
  }

  /** One side has spoken: what the payer grants is paid at once, for the rest the other side has its time. */
  #wait(context: BlockContext, id: Uint8Array, hold: Hold, said: Said): void {
    const { state } = context
    const dueMs = ledgerTimeMs(state) + limits.ledgerMoney.answerMs
    moveDue(state, holdDueTable, id, hold.dueMs, dueMs)
    const granted = said.byPayer ? said.amount : 0n
    state.set(holdTable, id, { ...hold, left: hold.left - granted, said, dueMs })
    if (granted > 0n) this.#pay(context, id, hold, granted)
  }

  #end(context: BlockContext, id: Uint8Array, hold: Hold, first: Said | undefined, second: Said | undefined): void {
    const { state, money } = context
    const amountOf = (byPayer: boolean): bigint | undefined =>
      [first, second].find((said) => said?.byPayer === byPayer)?.amount
    const { paid, burned, refunded } = outcomeOf(hold.amount, amountOf(true), amountOf(false))
    const isPaidAlready = first?.byPayer === true
    assert((isPaidAlready ? 0n : paid) + burned + refunded === hold.left, 'a hold ends with what is left in it')
    this.withdraw(context, id)
    if (!isPaidAlready && paid > 0n) this.#pay(context, id, hold, paid)
    if (burned > 0n) {
      money.burn(burned)
      addDispute(state, hold, burned)
    }
    this.giveBack(context, id, hold, refunded)
  }

  #pay(context: BlockContext, id: Uint8Array, hold: Hold, amount: bigint): void {
    this.#purposeOf(hold.purpose).pay(context, id, hold, amount)
  }

  #purposeOf(id: number): HoldPurpose {
    const purpose = this.#purposes.get(id)
    assert(purpose !== undefined, 'a hold is made by a module that can pay it')
    return purpose
  }
}

function addDispute(state: BlockContext['state'], { payer, payee }: Hold, burned: bigint): void {
  const added = (amount: bigint): bigint => least(MAX_AMOUNT, amount + burned)
  for (const [account, isPayer] of [
    [payer, true],
    [payee, false],
  ] as const) {
    const { asPayer, asPayee } = state.get(disputeTable, account) ?? { asPayer: 0n, asPayee: 0n }
    state.set(disputeTable, account, {
      asPayer: isPayer ? added(asPayer) : asPayer,
      asPayee: isPayer ? asPayee : added(asPayee),
    })
  }
}
