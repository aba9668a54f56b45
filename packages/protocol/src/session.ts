import { ERROR_KINDS, type ErrorKind, type JsonValue, limits } from '@borgios/core'
import { CounterSchema, InvitationSchema, NetworkIdSchema, NodeCertificateSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { AddressesSchema } from './directory.ts'
import { ErrorCodeSchema } from './why.ts'

const bounds = limits.peertree

/** Version of everything two nodes say to each other. Nodes of another version are refused. */
export const SESSION_VERSION = 1

/** libp2p protocol of the one control stream of a session: frames. */
export const CONTROL_PROTOCOL = `/borgios/control/${SESSION_VERSION}`
/** libp2p protocol of bulk streams: messages with a header and a payload. What they are for is said on the stream. */
export const BULK_PROTOCOL = `/borgios/bulk/${SESSION_VERSION}`

/**
 * A frame on a control stream: the number of bytes that follow (u32, big-endian), one byte that says the kind, the payload. All
 * payloads are canonical JSON; a broadcast's is an envelope.
 */
export const FrameKind = {
  hello: 1,
  welcome: 2,
  refusal: 3,
  goodbye: 4,
  tree: 5,
  broadcast: 6,
  request: 7,
  reply: 8,
  cancel: 9,
} as const
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

const RoleSchema = Type.Union([Type.Literal('member'), Type.Literal('guest')])

const introduction = {
  version: Type.Literal(SESSION_VERSION),
  network: NetworkIdSchema,
  /** Release of the core software the sender runs. */
  release: Type.String({ maxLength: limits.tree.maxReleaseChars }),
  /** Why the sender is a member. Guests have none. */
  certificate: Type.Optional(NodeCertificateSchema),
  /** For a member whose operator is no founder. */
  invitation: Type.Optional(InvitationSchema),
  /** Where the sender takes dials. */
  addresses: AddressesSchema,
}

/** The first frame: who dials says who it is and as what it wants to be let in. The node id itself is proved by TLS. */
export const HelloSchema = strictObject({ ...introduction, role: RoleSchema })
export type Hello = Static<typeof HelloSchema>

/** The answer to an admitted hello. A guest is told no addresses. */
export const WelcomeSchema = strictObject({ ...introduction, admittedAs: RoleSchema })
export type Welcome = Static<typeof WelcomeSchema>

/** The answer to any other hello. Strangers only ever see `refused`. */
export const RefusalSchema = strictObject({
  code: Type.Union([Type.Literal('refused'), Type.Literal('barred'), Type.Literal('duplicate')]),
})
export type Refusal = Static<typeof RefusalSchema>

/** The last frame: requests that have no answer by now were not looked at. */
export const GoodbyeSchema = strictObject({
  code: Type.Union([Type.Literal('idle'), Type.Literal('duplicate'), Type.Literal('stopping')]),
})
export type Goodbye = Static<typeof GoodbyeSchema>

const AnyJson = Type.Unsafe<JsonValue>(Type.Unknown())
/** Name of a method or of a bulk protocol, such as `store.shard-get`. */
export const MethodSchema = Type.String({ pattern: '^[a-z][a-zA-Z0-9.-]*$', maxLength: bounds.maxMethodChars })

/** Asks for one answer. Ids count up on each side of a session. */
export const RequestSchema = strictObject({ id: CounterSchema, method: MethodSchema, body: AnyJson })
export type Request = Static<typeof RequestSchema>

/** An error as it crosses the wire. */
export const RemoteErrorSchema = strictObject({
  code: ErrorCodeSchema,
  kind: Type.Unsafe<ErrorKind>(Type.Union(ERROR_KINDS.map((kind) => Type.Literal(kind)))),
  message: Type.String({ maxLength: bounds.maxErrorMessageChars }),
  retryable: Type.Boolean(),
})
export type RemoteError = Static<typeof RemoteErrorSchema>

export const ReplySchema = Type.Union([
  strictObject({ id: CounterSchema, body: AnyJson }),
  strictObject({ id: CounterSchema, error: RemoteErrorSchema }),
])
export type Reply = Static<typeof ReplySchema>

/** The asking side no longer waits for this answer. */
export const CancelSchema = strictObject({ id: CounterSchema })

/** First message of a bulk stream, from who opened it. */
export const StreamOpeningSchema = strictObject({ protocol: MethodSchema })
/** Answer to it; only after an empty one do messages flow. */
export const StreamAnswerSchema = strictObject({ error: Type.Optional(RemoteErrorSchema) })

export const isHello = check<Hello>(HelloSchema)
export const isWelcome = check<Welcome>(WelcomeSchema)
export const isRefusal = check<Refusal>(RefusalSchema)
export const isGoodbye = check<Goodbye>(GoodbyeSchema)
export const isRequest = check<Request>(RequestSchema)
export const isReply = check<Reply>(ReplySchema)
export const isCancel = check<Static<typeof CancelSchema>>(CancelSchema)
export const isStreamOpening = check<Static<typeof StreamOpeningSchema>>(StreamOpeningSchema)
export const isStreamAnswer = check<Static<typeof StreamAnswerSchema>>(StreamAnswerSchema)

function check<Message>(schema: Type.TSchema): (value: unknown) => value is Message {
  const compiled = Compile(schema)
  return (value): value is Message => compiled.Check(value)
}
