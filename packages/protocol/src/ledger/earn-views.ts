import { AccountIdSchema, CounterSchema, LeaseIdSchema, NodeIdSchema, orNull, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { AmountTextSchema, ToldFromSchema } from './views.ts'

/** What a line of earnings is about. `job`: paid for, `jobRun`: run for somebody. `fee`: of transactions that moved nothing themselves. */
export const EARN_KINDS = [
  'transfer',
  'fee',
  'opening',
  'other',
  'tips',
  'deposit',
  'reporting',
  'grant',
  'hold',
  'job',
  'jobRun',
  'lease',
  'storage',
  'emission',
] as const
export type EarnKind = (typeof EARN_KINDS)[number]

/** `POST /v1/ledger/earn`: what an account of the daemon's user earned and spent. */
export const EarnRequestSchema = strictObject({
  /** The user's wallet, or the account that this node earns for. */
  of: Type.Enum(['wallet', 'node']),
  /** What came after the block of this height. */
  sinceHeight: CounterSchema,
})
export type EarnRequest = Static<typeof EarnRequestSchema>

export const EarnLineSchema = Type.Object({
  kind: Type.Enum([...EARN_KINDS]),
  /** The id of the job, lease, node, account or hold; of fees the operation; null where there is none. */
  about: orNull(Type.String()),
  /** As its user called the file or job; null if it is another's, or not known any more. */
  name: orNull(Type.String()),
  came: AmountTextSchema,
  left: AmountTextSchema,
  fee: AmountTextSchema,
  /** Changes of the balance in it, and the heights of the first and the last. */
  times: CounterSchema,
  fromHeight: CounterSchema,
  toHeight: CounterSchema,
  /** Of a job, as far as the ledger still has its bills: what left the hold for nodes, what of it was burned, and what is set aside yet. */
  bill: orNull(
    Type.Object({
      paid: AmountTextSchema,
      burned: AmountTextSchema,
      setAside: AmountTextSchema,
      nodes: Type.Array(NodeIdSchema),
    }),
  ),
  /** Of a lease: what is in it and its reservation now, bytes that nodes accepted, and for how long that pays; null while it does not. */
  lease: orNull(
    Type.Object({
      left: AmountTextSchema,
      bytes: CounterSchema,
      nodes: Type.Array(NodeIdSchema),
      lastsMs: orNull(CounterSchema),
    }),
  ),
  /** Of storage and emission: which epoch, how its audits ended, and how what was paid divides by lease. */
  payout: orNull(
    Type.Object({
      epoch: CounterSchema,
      outcome: Type.Enum(['passed', 'failed', 'gone']),
      passes: CounterSchema,
      samples: CounterSchema,
      gross: AmountTextSchema,
      earned: AmountTextSchema,
      burned: AmountTextSchema,
      minted: AmountTextSchema,
      /** `lease` null: of leases of which the records are gone. */
      leases: Type.Array(Type.Object({ lease: orNull(LeaseIdSchema), amount: AmountTextSchema })),
    }),
  ),
})
export type EarnLineView = Static<typeof EarnLineSchema>

const PicoTextSchema = Type.String({ pattern: '^(0|[1-9][0-9]{0,60})$' })

export const EarnViewSchema = Type.Object({
  of: Type.Enum(['wallet', 'node']),
  /** Who answers. */
  node: NodeIdSchema,
  account: AccountIdSchema,
  /** Whether the ledger knows the node as a member: others earn nothing. */
  isMember: Type.Boolean(),
  from: ToldFromSchema,
  lines: Type.Array(EarnLineSchema),
  /** As the ledger's state has it at this height, whatever the lines say. */
  balance: AmountTextSchema,
  height: CounterSchema,
  /** Whether the beginning and the lines come to the balance. */
  isEqual: Type.Boolean(),
  /** What the node is owed for storage and gets if it passes its audits, in millionths of a micro-unit; "0" of a wallet. */
  accrued: PicoTextSchema,
  /** What its payments left for the next one, in the same measure: less than a micro-unit. */
  carried: PicoTextSchema,
})
export type EarnView = Static<typeof EarnViewSchema>

/** `GET /v1/ledger/emission`: what epochs minted and by what. */
export const EmissionViewSchema = Type.Object({
  height: CounterSchema,
  /** The epoch under way, at whose end is minted next. */
  epoch: CounterSchema,
  lastHeight: CounterSchema,
  blocksLeft: CounterSchema,
  /** Left to mint. */
  remaining: AmountTextSchema,
  /** As far back as the ledger keeps them, those that minted anything. */
  epochs: Type.Array(
    Type.Object({
      epoch: CounterSchema,
      remaining: AmountTextSchema,
      /** What it shared out, by weights that come to `weight`: what each node had earned for proven storage. */
      pot: AmountTextSchema,
      weight: AmountTextSchema,
      shares: Type.Array(Type.Object({ node: NodeIdSchema, weight: AmountTextSchema, minted: AmountTextSchema })),
      /** What rounding left to the treasury. */
      dust: AmountTextSchema,
      minted: AmountTextSchema,
      /** Whether shares and dust come to what was minted. */
      isEqual: Type.Boolean(),
    }),
  ),
})
export type EmissionView = Static<typeof EmissionViewSchema>
