import { limits } from '@borgios/core'
import {
  AccountIdSchema,
  BlockIdSchema,
  CounterSchema,
  NetworkIdSchema,
  NodeIdSchema,
  OperatorIdSchema,
  orNull,
  strictObject,
  TransactionIdSchema,
} from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { WhySchema } from '../why.ts'

/** What the daemon's local API says of the ledger. Micro-units are decimal texts: JSON numbers are not exact beyond 2^53. */

const LongWhySchema = Type.String({ maxLength: 2 * limits.node.maxWhyChars })
/** The text form of something, or its beginning; whoever reads it says what is wrong with it. */
const TypedSchema = Type.String({ minLength: 1, maxLength: 200 })

/** Micro-units of the currency. */
export const AmountTextSchema = Type.String({ pattern: '^(0|[1-9][0-9]{0,19})$' })
/** The same, below zero too. */
export const SignedAmountTextSchema = Type.String({ pattern: '^(0|-?[1-9][0-9]{0,19})$' })

/** `GET /v1/ledger/status`. */
export const LedgerStatusViewSchema = Type.Object({
  height: CounterSchema,
  block: BlockIdSchema,
  /** Since its leader made it, by this machine's clock. */
  blockAgeMs: CounterSchema,
  epoch: CounterSchema,
  /** Height of the epoch's last block. */
  lastHeight: CounterSchema,
  blocksLeft: CounterSchema,
  isValidator: Type.Boolean(),
  /** `isUp` as this node sees it. */
  validators: Type.Array(Type.Object({ node: NodeIdSchema, weight: CounterSchema, isUp: Type.Boolean() })),
  /** Weight that decides. */
  quorum: CounterSchema,
  /** Transactions that wait here to enter a block. */
  pending: CounterSchema,
  /** What a fee unit costs in the next block. */
  baseFee: AmountTextSchema,
  /** `impaired`: the network makes blocks, this node has no full part in it. `stalled`: no blocks, or none come here. `halted`: this node takes no part any more. */
  state: Type.Enum(['running', 'impaired', 'stalled', 'halted']),
  why: LongWhySchema,
  todo: LongWhySchema,
})
export type LedgerStatusView = Static<typeof LedgerStatusViewSchema>

const OperationViewSchema = Type.Object({
  module: CounterSchema,
  kind: CounterSchema,
  /** Such as `transfer`; empty for one this release does not know. */
  name: Type.String(),
  /** Of a transfer. */
  to: orNull(AccountIdSchema),
  amount: orNull(AmountTextSchema),
  /** As its sender wrote it: anything. */
  memo: Type.String(),
})
export type OperationView = Static<typeof OperationViewSchema>

/** One transaction and where it stands. */
export const TransactionViewSchema = Type.Object({
  transaction: TransactionIdSchema,
  state: Type.Enum(['sent', 'pending', 'inBlock', 'final', 'failed', 'replaced', 'expired', 'decided']),
  why: LongWhySchema,
  todo: LongWhySchema,
  /** Of the block it is in, and its place there. */
  height: orNull(CounterSchema),
  position: orNull(CounterSchema),
  account: AccountIdSchema,
  nonce: CounterSchema,
  /** Of the last block it may enter. */
  lastHeight: CounterSchema,
  /** What it paid; null while it is undecided. */
  fee: orNull(AmountTextSchema),
  operations: Type.Array(OperationViewSchema, { maxItems: limits.ledgerCodec.maxOperations }),
})
export type TransactionView = Static<typeof TransactionViewSchema>

/** `POST /v1/ledger/transaction`: an id or its beginning. */
export const TransactionRequestSchema = strictObject({ transaction: TypedSchema })

/** `POST /v1/ledger/block`; null: the last one. */
export const BlockRequestSchema = strictObject({ height: orNull(CounterSchema) })

export const BlockViewSchema = Type.Object({
  height: CounterSchema,
  block: BlockIdSchema,
  parent: BlockIdSchema,
  epoch: CounterSchema,
  slot: CounterSchema,
  /** Unix time as its leader said. */
  timeMs: CounterSchema,
  /** Null when the committee of its epoch is not known any more. */
  leader: orNull(NodeIdSchema),
  baseFee: AmountTextSchema,
  usedUnits: CounterSchema,
  /** Hexadecimal. */
  stateRoot: Type.String(),
  isLastOfEpoch: Type.Boolean(),
  transactions: Type.Array(
    Type.Object({
      transaction: TransactionIdSchema,
      account: AccountIdSchema,
      nonce: CounterSchema,
      operations: Type.Array(OperationViewSchema),
      /** Null when it is not known here any more. */
      isDone: orNull(Type.Boolean()),
      fee: orNull(AmountTextSchema),
    }),
  ),
})
export type BlockView = Static<typeof BlockViewSchema>

/** Where a membership stands, as the ledger has it. */
export const MEMBER_STATES = ['active', 'draining', 'leaving', 'slashed'] as const

/** `GET /v1/ledger/members`. */
export const MembersViewSchema = Type.Object({
  height: CounterSchema,
  epoch: CounterSchema,
  members: Type.Array(
    Type.Object({
      node: NodeIdSchema,
      operator: OperatorIdSchema,
      account: AccountIdSchema,
      state: Type.Enum([...MEMBER_STATES]),
      deposit: AmountTextSchema,
      capacityBytes: CounterSchema,
      cores: CounterSchema,
      release: Type.String(),
      /** Whether it decides in this epoch. */
      inCommittee: Type.Boolean(),
      joinedEpoch: CounterSchema,
      /** The member that vouched for it; null if it paid its deposit itself. */
      sponsor: Type.Union([NodeIdSchema, Type.Null()]),
      /** Whether the node that answers sees it up. */
      isUp: Type.Boolean(),
      /** What is to be known about it, for people; empty when all is well. */
      why: WhySchema,
    }),
  ),
})
export type MembersView = Static<typeof MembersViewSchema>

/** What `node leave` comes to: the membership ends, the deposit stays within reach of evidence for a while. */
export const LeftViewSchema = Type.Object({
  node: NodeIdSchema,
  /** Micro-units, and whose account gets them back. */
  deposit: AmountTextSchema,
  payer: AccountIdSchema,
  epoch: CounterSchema,
  /** The deposit goes back at the end of this epoch. */
  freeEpoch: CounterSchema,
  epochBlocks: CounterSchema,
  /** Whether the node decides in the epoch under way, and so is to stay up until it ends. */
  inCommittee: Type.Boolean(),
})
export type LeftView = Static<typeof LeftViewSchema>

/** `GET /v1/ledger/supply`: where all that was ever minted is. Every record of the state is counted for it. */
export const SupplyViewSchema = Type.Object({
  height: CounterSchema,
  minted: AmountTextSchema,
  /** What records hold, by what it is: `balances`, `deposits`, `escrow` and more. */
  parts: Type.Array(Type.Object({ name: Type.String(), records: CounterSchema, amount: AmountTextSchema })),
  treasury: AmountTextSchema,
  burned: AmountTextSchema,
  /** Parts, treasury and burned together. */
  sum: AmountTextSchema,
  /** Whether that is what was minted. */
  isOk: Type.Boolean(),
})
export type SupplyView = Static<typeof SupplyViewSchema>

/** `GET /v1/ledger/genesis`: what the ledger began with, and the rules as they are now. */
export const LedgerGenesisViewSchema = Type.Object({
  network: NetworkIdSchema,
  name: Type.String(),
  timeMs: CounterSchema,
  accounts: Type.Array(Type.Object({ account: AccountIdSchema, balance: AmountTextSchema })),
  members: Type.Array(NodeIdSchema),
  /** Each module's part of the genesis document, as it stands there. */
  modules: Type.Record(Type.String(), Type.Unknown()),
  parameters: Type.Array(Type.Object({ name: Type.String(), value: AmountTextSchema, unit: Type.String() })),
})
export type LedgerGenesisView = Static<typeof LedgerGenesisViewSchema>

/** `POST /v1/ledger/account`; null: that of the wallet of this daemon. */
export const AccountRequestSchema = strictObject({ account: orNull(TypedSchema) })

export const AccountViewSchema = Type.Object({
  account: AccountIdSchema,
  /** As of this height. */
  height: CounterSchema,
  /** Whether the ledger has a record of it: one comes with the first money. */
  isOpen: Type.Boolean(),
  balance: AmountTextSchema,
  nonce: CounterSchema,
  /** Null for a plain account, whose one key is the account. */
  policy: orNull(Type.Object({ needed: CounterSchema, keys: Type.Array(AccountIdSchema) })),
  /** What its undecided transfers move, and may cost in fees. */
  leaving: AmountTextSchema,
  undecided: CounterSchema,
})
export type AccountView = Static<typeof AccountViewSchema>

/** `POST /v1/wallet/send`: signed by the daemon with the wallet's key, answered with `transaction` events. */
export const SendRequestSchema = strictObject({
  to: TypedSchema,
  amount: AmountTextSchema,
  memo: Type.String({ maxLength: limits.ledgerCodec.maxMemoBytes }),
  /** Whether the answer goes on until it is decided. */
  wait: Type.Boolean(),
})
export type SendRequest = Static<typeof SendRequestSchema>

/**
 * Why a balance changed. `received` and `sent`: transfers. `fee`: a transaction that moved nothing itself. `other`: what nothing explains.
 * The rest are the ledger's reasons. Numbers on disk follow this order: only additions at the end.
 */
export const MOVEMENT_KINDS = [
  'received',
  'sent',
  'fee',
  'opening',
  'other',
  'tips',
  'deposit',
  'depositBack',
  'reporting',
  'grant',
  'hold',
  'holdBack',
  'holdPaid',
  'jobHold',
  'jobBack',
  'jobPaid',
  'putHold',
  'putBack',
  'lease',
  'leaseBack',
  'storage',
  'emission',
] as const
export type MovementKind = (typeof MOVEMENT_KINDS)[number]

/** One change of an account's balance. */
export const MovementViewSchema = Type.Object({
  height: CounterSchema,
  /** Unix time of the block. */
  timeMs: CounterSchema,
  kind: Type.Enum([...MOVEMENT_KINDS]),
  /** To the balance, the fee apart. */
  amount: SignedAmountTextSchema,
  fee: AmountTextSchema,
  /** After it. */
  balance: AmountTextSchema,
  counterpart: orNull(AccountIdSchema),
  /** The id of what it is about, such as a job, a lease or a node; of a fee the operation that it is for. */
  about: orNull(Type.String()),
  memo: Type.String(),
  transaction: orNull(TransactionIdSchema),
})
export type MovementView = Static<typeof MovementViewSchema>

/** The balance after the block of `height`, before what is told. `isOldest`: nothing earlier is known here. */
export const ToldFromSchema = Type.Object({
  height: CounterSchema,
  balance: AmountTextSchema,
  isOldest: Type.Boolean(),
})

/** `POST /v1/wallet/history`: the newest movements of an account of this node's user; null: that of the wallet. */
export const HistoryRequestSchema = strictObject({
  account: orNull(TypedSchema),
  lines: Type.Integer({ minimum: 1, maximum: limits.node.maxHistoryLines }),
})

export const HistoryViewSchema = Type.Object({
  account: AccountIdSchema,
  from: ToldFromSchema,
  /** The oldest first. */
  movements: Type.Array(MovementViewSchema),
  /** After the last of them, as of this height. */
  balance: AmountTextSchema,
  height: CounterSchema,
})
export type HistoryView = Static<typeof HistoryViewSchema>
