import { limits } from '@borgios/core'
import { CounterSchema, strictObject, TransactionIdSchema } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { ErrorCodeSchema, WhySchema } from '../why.ts'

/** Bulk streams on which anybody asks a member what the ledger says, with its proof. Guests, too. */
export const LEDGER_LIGHT_PROTOCOL = 'ledger.light.1'

const { maxProofHeaders } = limits.ledgerCodec
const { maxEpochs, maxParts, maxPartBytes } = limits.ledgerLight
const base64UrlChars = (bytes: number): number => Math.ceil((bytes * 4) / 3)
const bytesSchema = (maxBytes: number) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength: base64UrlChars(maxBytes) })

/**
 * A question about the ledger. Its answer is a list of parts, each the encoding of what is said here; they prove themselves, and nothing else of
 * the answer is to be believed.
 */
export const LightRequestSchema = Type.Union([
  /** One part, the checkpoint of the node; none in the first two epochs, where genesis says it. It proves nothing: for who trusts the node that answers. */
  strictObject({ ask: Type.Literal('checkpoint') }),
  /** The steps out of the epochs from this one on, a part each. None: that epoch is not over. There may be fewer than there are. */
  strictObject({
    ask: Type.Literal('epochs'),
    from: CounterSchema,
    limit: Type.Integer({ minimum: 1, maximum: maxEpochs }),
  }),
  /** One part, the finality proof of the newest final block. */
  strictObject({ ask: Type.Literal('head') }),
  /** Two parts: that finality proof, and the state proof of what the table has under the key after the block. */
  strictObject({
    ask: Type.Literal('record'),
    table: Type.Integer({ minimum: 1, maximum: 255 }),
    /** As the table encodes it, in base64url. */
    key: bytesSchema(limits.ledgerState.maxKeyBytes),
  }),
  /** Two parts: the finality proof of the block that has the transaction, and the proof of its receipt. */
  strictObject({ ask: Type.Literal('receipt'), transaction: TransactionIdSchema }),
  /** One part, the headers of the blocks from this height on down, of which there may be fewer than was asked for. */
  strictObject({
    ask: Type.Literal('headers'),
    height: CounterSchema,
    limit: Type.Integer({ minimum: 1, maximum: maxProofHeaders }),
  }),
])
export type LightRequest = Static<typeof LightRequestSchema>

/** An answer as JSON has it: its parts in base64url. */
export const LightAnswerSchema = strictObject({
  parts: Type.Array(bytesSchema(maxPartBytes), { maxItems: maxParts }),
})
export type LightAnswer = Static<typeof LightAnswerSchema>

/** Stands in the header of a message on a stream: so many messages follow, each with one part; or why there is no answer. */
const LightReplySchema = Type.Union([
  strictObject({ parts: Type.Integer({ minimum: 0, maximum: maxParts }) }),
  strictObject({
    code: ErrorCodeSchema,
    message: WhySchema,
  }),
])
export type LightReply = Static<typeof LightReplySchema>

const request = Compile(LightRequestSchema)
export const isLightRequest = (value: unknown): value is LightRequest => request.Check(value)
const answer = Compile(LightAnswerSchema)
export const isLightAnswer = (value: unknown): value is LightAnswer => answer.Check(value)
const reply = Compile(LightReplySchema)
export const isLightReply = (value: unknown): value is LightReply => reply.Check(value)
