import { limits } from '@borgios/core'
import { malformed, taggedHash } from '@borgios/protocol'
import { dueTable } from '../service/due-queue.ts'
import { hashLayout, type Layout, tableOf } from '../service/records.ts'

/** What one side said is due, once and for good. */
export interface Said {
  readonly byPayer: boolean
  readonly amount: bigint
}

/** Money that was set aside for one payee, until both sides or the time decide. Micro-units. */
export interface Hold {
  readonly payer: Uint8Array
  /** Who may claim: a node or an account. */
  readonly payee: Uint8Array
  /** The account that is paid. */
  readonly payTo: Uint8Array
  /** What was set aside: nothing ever pays more. */
  readonly amount: bigint
  /** What of it is here still. */
  readonly left: bigint
  readonly said: Said | undefined
  /** On the ledger's clock: then it ends by itself. */
  readonly dueMs: number
  /** The id of the module that made it, and knows what its terms mean. */
  readonly purpose: number
  readonly terms: Uint8Array
}

const SAID_NOTHING = 0
const SAID_BY_PAYER = 1
const SAID_BY_PAYEE = 2

const saidLayout: Layout<Said | undefined> = {
  write(writer, said) {
    if (said === undefined) writer.u8(SAID_NOTHING)
    else writer.u8(said.byPayer ? SAID_BY_PAYER : SAID_BY_PAYEE).amount(said.amount)
  },
  read(reader) {
    const by = reader.u8()
    if (by > SAID_BY_PAYEE) throw malformed('a word of neither side')
    return by === SAID_NOTHING ? undefined : { byPayer: by === SAID_BY_PAYER, amount: reader.amount() }
  },
}

const holdLayout: Layout<Hold> = {
  write(writer, { payer, payee, payTo, amount, left, said, dueMs, purpose, terms }) {
    for (const account of [payer, payee, payTo]) hashLayout.write(writer, account)
    writer.amount(amount).amount(left)
    saidLayout.write(writer, said)
    writer.u64(dueMs).u8(purpose).bytes(terms)
  },
  read: (reader) => ({
    payer: hashLayout.read(reader),
    payee: hashLayout.read(reader),
    payTo: hashLayout.read(reader),
    amount: reader.amount(),
    left: reader.amount(),
    said: saidLayout.read(reader),
    dueMs: reader.u64(),
    purpose: reader.u8(),
    terms: reader.bytes(limits.ledgerMoney.maxTermsBytes),
  }),
}

export const holdTable = tableOf({
  id: 89,
  name: 'holds',
  isListed: false,
  key: hashLayout,
  value: holdLayout,
  held: ({ left }) => left,
})

export const holdDueTable = dueTable(90, 'holds due')

/** What disputes of an account cost, in all: burned micro-units that one side claimed and the other did not grant. */
export interface Disputes {
  readonly asPayer: bigint
  readonly asPayee: bigint
}

/** Accounts and nodes that were in a dispute: what a requester or an executor may look at before it deals with somebody. */
export const disputeTable = tableOf<Uint8Array, Disputes>({
  id: 91,
  name: 'disputes',
  isListed: false,
  key: hashLayout,
  value: {
    write: (writer, { asPayer, asPayee }) => void writer.amount(asPayer).amount(asPayee),
    read: (reader) => ({ asPayer: reader.amount(), asPayee: reader.amount() }),
  },
})

/** Names a hold before it is there: by who pays, what for, and a label that the payer chose. */
export const holdIdOf = (purpose: number, payer: Uint8Array, label: Uint8Array): Uint8Array =>
  taggedHash('hold', Uint8Array.of(purpose), payer, label)

/** How a hold ends. The three make up what was set aside. */
export interface Outcome {
  readonly paid: bigint
  readonly burned: bigint
  readonly refunded: bigint
}

/**
 * The rule that needs no judge. What the payer grants is paid. What the payee claims beyond is burned: granting less does not make the
 * payer's bill smaller, and claiming more does not make the payee's income larger, so neither gains by a lie. The rest goes back. A side
 * that says nothing until its time is over agrees with the other; if both say nothing, all goes back.
 */
export function outcomeOf(amount: bigint, granted: bigint | undefined, claimed: bigint | undefined): Outcome {
  const paid = granted ?? claimed ?? 0n
  const burned = claimed !== undefined && claimed > paid ? claimed - paid : 0n
  return { paid, burned, refunded: amount - paid - burned }
}
