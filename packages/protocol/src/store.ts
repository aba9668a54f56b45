import { ERROR_KINDS, limits, ShardId } from '@borgios/core'
import { CounterSchema, NetworkIdSchema, NodeIdSchema, SignatureSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { ErrorCodeSchema } from './why.ts'

const { maxShardBytes, maxStripeShards, maxNameBytes, shardsPerQuestion, maxAuditSamples } = limits.store

/** Bulk streams that carry shards. */
export const STORE_PROTOCOL = 'store.shards.1'
/** Bulk streams on which a holder proves that it has shards. */
export const STORE_AUDIT_PROTOCOL = 'store.audit.1'
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
    code: ErrorCodeSchema,
    /** Of a node that has no room. */
    freeBytes: Type.Optional(CounterSchema),
  }),
])
export type ShardReply = Static<typeof ShardReplySchema>

/** 32 bytes in base64url. */
const HashSchema = Type.String({ pattern: '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$' })

/** Asks a holder to show leaves: of each shard so many, drawn from the beacon. Which ones both sides work out by themselves. */
const AuditRequestSchema = strictObject({
  epoch: CounterSchema,
  beacon: HashSchema,
  shards: Type.Array(
    strictObject({
      shard: ShardIdSchema,
      bytes: Type.Integer({ minimum: 1, maximum: maxShardBytes }),
      count: Type.Integer({ minimum: 1, maximum: maxAuditSamples }),
    }),
    { minItems: 1, maxItems: maxAuditSamples },
  ),
})
export type AuditRequest = Static<typeof AuditRequestSchema>

/**
 * What a holder answers, in the order of the request: `leaf` for each leaf with its bytes and its Merkle path as payload; `held` instead
 * of a shard's leaves if it has another length, or is not there (0); at last `signed`, or `refused` before anything else.
 */
const AuditReplySchema = Type.Union([
  strictObject({ outcome: Type.Literal('leaf') }),
  strictObject({ outcome: Type.Literal('held'), bytes: Type.Integer({ minimum: 0, maximum: maxShardBytes }) }),
  strictObject({ outcome: Type.Literal('signed'), signature: SignatureSchema }),
  strictObject({
    outcome: Type.Literal('refused'),
    code: ErrorCodeSchema,
  }),
])
export type AuditReply = Static<typeof AuditReplySchema>

/** What a holder signs of an audit. Kind of statement: `audit-answer/1`. */
const AuditAnswerSchema = strictObject({
  network: NetworkIdSchema,
  node: NodeIdSchema,
  epoch: CounterSchema,
  beacon: HashSchema,
  shards: Type.Array(
    strictObject({
      shard: ShardIdSchema,
      /** As many as the holder has: 0 if it does not have the shard. */
      bytes: Type.Integer({ minimum: 0, maximum: maxShardBytes }),
      /** With the hash that the leaf it sent has in the tree. */
      leaves: Type.Array(strictObject({ leaf: CounterSchema, hash: HashSchema }), { maxItems: maxAuditSamples }),
    }),
    { maxItems: maxAuditSamples },
  ),
  signature: SignatureSchema,
})
export type AuditAnswer = Static<typeof AuditAnswerSchema>
export const AUDIT_ANSWER = 'audit-answer/1'

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
export const auditRequestCheck = Compile(AuditRequestSchema)
export const auditReplyCheck = Compile(AuditReplySchema)
export const auditAnswerCheck = Compile(AuditAnswerSchema)
export const haveRequestCheck = Compile(HaveRequestSchema)
export const haveReplyCheck = Compile(HaveReplySchema)
export const checkRequestCheck = Compile(CheckRequestSchema)
export const settleRequestCheck = Compile(SettleRequestSchema)
export const manifestPageCheck = Compile(ManifestPageSchema)
