import { ERROR_KINDS, limits, ShardId } from '@borgios/core'
import { CounterSchema, NetworkIdSchema, NodeIdSchema, SignatureSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const { maxShardBytes, maxStripeShards, maxNameBytes, shardsPerQuestion } = limits.store

/** Bulk streams that carry shards. */
export const STORE_PROTOCOL = 'store.shards.1'
/** Request: which of these shards do you hold? */
export const STORE_HAVE = 'store.have'
/** Request: look whether these stripes need repair. */
export const STORE_CHECK = 'store.check'
/** Request: how a put ended, to a node that was given shards of it. */
export const STORE_SETTLE = 'store.settle'

const ShardIdSchema = Type.Unsafe<ShardId>(Type.String({ pattern: ShardId.pattern }))
/** SHA-256 of a stripe record's canonical JSON, in base32. */
const RecordIdSchema = Type.String({ pattern: '^[a-z2-7]{52}$' })
export type RecordId = Static<typeof RecordIdSchema>

/** Lengths of coded shards are multiples of this: whole vectors of the kernel. */
export const SHARD_UNIT_BYTES = 64

const CodingSchema = {
  data: Type.Integer({ minimum: 1, maximum: maxStripeShards }),
  parity: Type.Integer({ minimum: 0, maximum: maxStripeShards - 1 }),
}

/**
 * What holders know of a stripe: enough to repair it without its owner, neither key nor place in a file. With one data shard all
 * shards are copies of one another.
 */
const StripeRecordSchema = strictObject({
  ...CodingSchema,
  shardBytes: Type.Integer({ minimum: 1, maximum: maxShardBytes }),
  /** In the order of their positions, data first. */
  shards: Type.Array(ShardIdSchema, { minItems: 1, maxItems: maxStripeShards }),
})
export type StripeRecord = Static<typeof StripeRecordSchema>

/** A node's word that it holds a shard durably. Kind of statement: `shard-receipt/1`. */
const ShardReceiptSchema = strictObject({
  network: NetworkIdSchema,
  node: NodeIdSchema,
  shard: ShardIdSchema,
  bytes: CounterSchema,
  record: RecordIdSchema,
  timeMs: CounterSchema,
  signature: SignatureSchema,
})
export type ShardReceipt = Static<typeof ShardReceiptSchema>
export const SHARD_RECEIPT = 'shard-receipt/1'

/** 16 random bytes in base32: tells the puts of one node apart. Means nothing from another node. */
const PutIdSchema = Type.String({ pattern: '^[a-z2-7]{26}$' })
export type PutId = Static<typeof PutIdSchema>

/** `put` carries the shard as payload, `get` asks for it. `id` is the requester's, unique on its stream. */
const ShardRequestSchema = Type.Union([
  strictObject({
    op: Type.Literal('put'),
    id: CounterSchema,
    shard: ShardIdSchema,
    record: StripeRecordSchema,
    /** The file's put that this shard belongs to; a repair has none. */
    put: Type.Optional(PutIdSchema),
  }),
  strictObject({ op: Type.Literal('get'), id: CounterSchema, shard: ShardIdSchema }),
])
export type ShardRequest = Static<typeof ShardRequestSchema>

const ErrorKindSchema = Type.Enum([...ERROR_KINDS])

/** `shard` carries the shard as payload. */
const ShardReplySchema = Type.Union([
  strictObject({ outcome: Type.Literal('stored'), id: CounterSchema, receipt: ShardReceiptSchema }),
  strictObject({ outcome: Type.Literal('shard'), id: CounterSchema }),
  strictObject({
    outcome: Type.Literal('failed'),
    id: CounterSchema,
    kind: ErrorKindSchema,
    code: Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 64 }),
    /** Of a node that has no room. */
    freeBytes: Type.Optional(CounterSchema),
  }),
])
export type ShardReply = Static<typeof ShardReplySchema>

const HaveRequestSchema = strictObject({
  shards: Type.Array(ShardIdSchema, { maxItems: shardsPerQuestion }),
  /** Read and rehash each; then at most limits.store.shardsPerVerification. */
  verify: Type.Boolean(),
})
const HaveReplySchema = strictObject({
  /** Indexes of the shards asked about that are here. */
  present: Type.Array(Type.Integer({ minimum: 0, maximum: shardsPerQuestion - 1 }), {
    maxItems: shardsPerQuestion,
  }),
})
const CheckRequestSchema = strictObject({
  records: Type.Array(RecordIdSchema, { maxItems: shardsPerQuestion }),
})
const SettleRequestSchema = strictObject({
  put: PutIdSchema,
  /** `discard`: nobody will ever read its shards. */
  outcome: Type.Union([Type.Literal('keep'), Type.Literal('discard')]),
})
export type PutOutcome = Static<typeof SettleRequestSchema>['outcome']

/** Index into a page's list of nodes; -1 where a shard found no holder. */
const HolderSchema = Type.Integer({ minimum: -1 })

const StripeEntrySchema = strictObject({
  shardBytes: Type.Integer({ minimum: SHARD_UNIT_BYTES, maximum: maxShardBytes, multipleOf: SHARD_UNIT_BYTES }),
  shards: Type.Array(ShardIdSchema, { minItems: 1, maxItems: maxStripeShards }),
  /** Base64url of the tags of the stripe's records, in order. */
  tags: Type.String({ pattern: '^[A-Za-z0-9_-]*$' }),
  /** Who took each shard: a hint, not a promise. */
  holders: Type.Array(HolderSchema, { maxItems: maxStripeShards }),
})

const PageEntrySchema = strictObject({
  page: ShardIdSchema,
  pageBytes: Type.Integer({ minimum: 1, maximum: maxShardBytes }),
  stripes: CounterSchema,
  holders: Type.Array(HolderSchema, { maxItems: maxStripeShards }),
})

const FileHeadSchema = strictObject({
  name: Type.Optional(Type.String({ maxLength: maxNameBytes })),
  bytes: CounterSchema,
  ...CodingSchema,
  /** Plain bytes of every stripe but the last. */
  stripeBytes: CounterSchema,
  stripes: CounterSchema,
  /** Copies of each page, the root included. */
  pageCopies: Type.Integer({ minimum: 1, maximum: maxStripeShards }),
})
export type FileHead = Static<typeof FileHeadSchema>

/** One page of a manifest, before encryption. Leaves list stripes, the others pages; the root has the file's head. */
const ManifestPageSchema = strictObject({
  version: Type.Literal(1),
  /** Distance from the leaves. */
  level: Type.Integer({ minimum: 0, maximum: limits.store.maxPageDepth - 1 }),
  firstStripe: CounterSchema,
  nodes: Type.Array(NodeIdSchema),
  stripes: Type.Array(StripeEntrySchema),
  pages: Type.Array(PageEntrySchema),
  file: Type.Optional(FileHeadSchema),
})
export type ManifestPage = Static<typeof ManifestPageSchema>
export type StripeEntry = Static<typeof StripeEntrySchema>
export type PageEntry = Static<typeof PageEntrySchema>

/** Checks of whatever came from outside; `Check` narrows the type. */
export const stripeRecordCheck = Compile(StripeRecordSchema)
export const shardReceiptCheck = Compile(ShardReceiptSchema)
export const shardRequestCheck = Compile(ShardRequestSchema)
export const shardReplyCheck = Compile(ShardReplySchema)
export const haveRequestCheck = Compile(HaveRequestSchema)
export const haveReplyCheck = Compile(HaveReplySchema)
export const checkRequestCheck = Compile(CheckRequestSchema)
export const settleRequestCheck = Compile(SettleRequestSchema)
export const manifestPageCheck = Compile(ManifestPageSchema)
