import {
  assert,
  canonicalJsonBytes,
  type JsonValue,
  limits,
  messageOf,
  type NetworkId,
  NodeId,
  parseCanonicalJson,
} from '@borgios/core'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import type { Ed25519, Signer } from './ed25519.ts'
import { foreignNetwork, malformed, notFresh } from './errors.ts'
import {
  CounterSchema,
  NetworkIdSchema,
  NodeIdSchema,
  SignatureSchema,
  strictObject,
  TypeNameSchema,
} from './schema.ts'
import { signStatement, verifyStatement } from './statement.ts'

const KIND = 'envelope/1'

/** Who may read and pass on a broadcast: only members of the network, or also guests. */
export type Audience = 'members' | 'everyone'

const EnvelopeSchema = strictObject({
  network: NetworkIdSchema,
  type: TypeNameSchema,
  from: NodeIdSchema,
  /** Exactly one of `to` and `audience` is there: checked apart, since the schema language says it badly. */
  to: Type.Optional(NodeIdSchema),
  audience: Type.Optional(Type.Union([Type.Literal('members'), Type.Literal('everyone')])),
  timeMs: CounterSchema,
  sequence: CounterSchema,
  body: Type.Unsafe<JsonValue>(Type.Unknown()),
  signature: SignatureSchema,
})

/** A signed JSON message. The signature covers every other field. */
export type Envelope = Static<typeof EnvelopeSchema>

const envelopeCheck = Compile(EnvelopeSchema)

export interface EnvelopeFields {
  readonly network: NetworkId
  readonly type: string
  readonly recipient: { readonly to: NodeId } | { readonly audience: Audience }
  readonly timeMs: number
  /** Strictly increasing for one sender, also across restarts. */
  readonly sequence: number
  readonly body: JsonValue
}

/** Signs an envelope and returns its canonical bytes. Throws CRYPTO_MALFORMED if it would be too large or nested too deep. */
export function sealEnvelope(signer: Signer, fields: EnvelopeFields): Uint8Array {
  const { recipient, ...rest } = fields
  const envelope = signStatement(signer, KIND, { ...rest, ...recipient, from: NodeId.fromBytes(signer.publicKey) })
  assert(envelopeCheck.Check(envelope), `an envelope of type "${fields.type}" has the shape of one`)
  const bytes = canonicalJsonBytes(envelope)
  if (bytes.length > limits.envelope.maxBytes) {
    throw malformed(`an envelope may hold ${limits.envelope.maxBytes} bytes, this one has ${bytes.length}`)
  }
  readJson(bytes)
  return bytes
}

export interface OpenContext {
  readonly ed25519: Ed25519
  readonly network: NetworkId
  readonly nowMs: number
}

/**
 * Reads an envelope from hostile bytes: size, canonical form, shape, network, freshness, then the signature, cheapest first.
 * Replays are the {@link ReplayMemory}'s business. Throws CRYPTO_MALFORMED, CRYPTO_FOREIGN_NETWORK, CRYPTO_NOT_FRESH or
 * CRYPTO_BAD_SIGNATURE.
 */
export function openEnvelope(bytes: Uint8Array, context: OpenContext): Envelope {
  if (bytes.length > limits.envelope.maxBytes) throw malformed(`${bytes.length} bytes are too many for an envelope`)
  const value = readJson(bytes)
  if (!envelopeCheck.Check(value)) throw malformed('not an envelope')
  if ((value.to === undefined) === (value.audience === undefined)) {
    throw malformed('an envelope has either a recipient or an audience')
  }
  if (value.network !== context.network) throw foreignNetwork('an envelope of another network')
  assertFresh(value.timeMs, context.nowMs)
  verifyStatement(context.ed25519, KIND, value, NodeId.toBytes(value.from))
  return value
}

function readJson(bytes: Uint8Array): JsonValue {
  try {
    return parseCanonicalJson(bytes, limits.core.jsonDepth)
  } catch (cause) {
    throw malformed(`not an envelope: ${messageOf(cause)}`, cause)
  }
}

/** Throws CRYPTO_NOT_FRESH unless the time lies within the freshness window around now. */
export function assertFresh(timeMs: number, nowMs: number): void {
  if (timeMs < nowMs - limits.envelope.maxAgeMs) throw notFresh('the envelope is too old')
  if (timeMs > nowMs + limits.envelope.maxAheadMs) throw notFresh("the envelope's time lies in the future")
}
