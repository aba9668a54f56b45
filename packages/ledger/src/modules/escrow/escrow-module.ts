import type { StateReader } from '../../state/state.ts'
import { advanceClock, clockTable } from '../service/ledger-clock.ts'
import { hashLayout, type Layout, operationOf } from '../service/records.ts'
import type { StateModule } from '../state-module.ts'
import type { EscrowBook, HoldPurpose } from './escrow-book.ts'
import { disputeTable, holdDueTable, holdTable } from './hold.ts'

export const ESCROW_MODULE = 11

/** Fee units of making and ending a hold: four records each. */
export const HOLD_UNITS = 400
export const SETTLE_UNITS = 300

/** Between two accounts: what is due is paid, whole. */
export const plainHolds: HoldPurpose = {
  id: ESCROW_MODULE,
  takes: 'hold',
  returns: 'holdBack',
  subject: (id) => id,
  pay: ({ money }, id, { payTo }, amount) => money.give(payTo, amount, { reason: 'holdPaid', subject: id }),
}

/** Sets money aside for a payee. */
export interface HoldBody {
  /** 32 bytes of the payer's choice: with it the hold has a name before it is there. */
  readonly label: Uint8Array
  readonly payee: Uint8Array
  readonly amount: bigint
  /** On the ledger's clock, from the block on. */
  readonly lifeMs: number
}

/** Names a hold and an amount. */
export interface AmountBody {
  readonly hold: Uint8Array
  readonly amount: bigint
}

const holdLayout: Layout<HoldBody> = {
  write(writer, { label, payee, amount, lifeMs }) {
    hashLayout.write(writer, label)
    hashLayout.write(writer, payee)
    writer.amount(amount).u64(lifeMs)
  },
  read: (reader) => ({
    label: hashLayout.read(reader),
    payee: hashLayout.read(reader),
    amount: reader.amount(),
    lifeMs: reader.u64(),
  }),
}

const amountLayout: Layout<AmountBody> = {
  write(writer, { hold, amount }) {
    hashLayout.write(writer, hold)
    writer.amount(amount)
  },
  read: (reader) => ({ hold: hashLayout.read(reader), amount: reader.amount() }),
}

const NO_TERMS = new Uint8Array()

export const holdOperation = (book: EscrowBook) =>
  operationOf({
    kind: 1,
    name: 'hold',
    body: holdLayout,
    units: () => HOLD_UNITS,
    apply(context, { label, payee, amount, lifeMs }) {
      const { sender: payer } = context
      book.open(context, {
        purpose: ESCROW_MODULE,
        payer,
        label,
        payee,
        payTo: payee,
        amount,
        lifeMs,
        terms: NO_TERMS,
      })
    },
  })

export const grantOperation = (book: EscrowBook) =>
  operationOf({
    kind: 2,
    name: 'pay from hold',
    body: amountLayout,
    units: () => SETTLE_UNITS,
    apply: (context, { hold, amount }) => book.grant(context, ESCROW_MODULE, hold, context.sender, amount),
  })

export const claimOperation = (book: EscrowBook) =>
  operationOf({
    kind: 3,
    name: 'claim from hold',
    body: amountLayout,
    units: () => SETTLE_UNITS,
    apply: (context, { hold, amount }) => book.claim(context, ESCROW_MODULE, hold, context.sender, amount),
  })

/** Also those that other modules share. */
const REFUSALS = {
  LEDGER_HOLD_EXISTS: 1,
  LEDGER_NO_HOLD: 2,
  LEDGER_NOT_PARTY: 3,
  LEDGER_ABOVE_HOLD: 4,
  LEDGER_SAID_BEFORE: 5,
  LEDGER_BAD_TERMS: 6,
  LEDGER_PRICE_ABOVE: 7,
  LEDGER_NO_ACTIVE_MEMBER: 8,
}

/**
 * Keeps the ledger's clock and the holds of all modules. Must stand before the modules that use either. `clockUntilMs`: how far the clock
 * may go before they have done what is due.
 */
export const escrowModule = (book: EscrowBook, clockUntilMs: (state: StateReader) => number): StateModule => ({
  id: ESCROW_MODULE,
  name: 'escrow',
  tables: [clockTable, holdTable, holdDueTable, disputeTable],
  operations: [holdOperation(book), grantOperation(book), claimOperation(book)],
  refusals: REFUSALS,
  onBlock(context) {
    advanceClock(context, clockUntilMs(context.state))
    book.onBlock(context)
  },
})
