import { BlockId, LeaseId, limits, NetworkId, NodeId, OperatorId, TransactionId } from '@borgios/core'
import { Type } from 'typebox'

/** Schemas of ids and numbers that every signed thing uses. */
export const NodeIdSchema = Type.Unsafe<NodeId>(Type.String({ pattern: NodeId.pattern }))
export const OperatorIdSchema = Type.Unsafe<OperatorId>(Type.String({ pattern: OperatorId.pattern }))
export const NetworkIdSchema = Type.Unsafe<NetworkId>(Type.String({ pattern: NetworkId.pattern }))
export const TransactionIdSchema = Type.Unsafe<TransactionId>(Type.String({ pattern: TransactionId.pattern }))
export const BlockIdSchema = Type.Unsafe<BlockId>(Type.String({ pattern: BlockId.pattern }))
export const LeaseIdSchema = Type.Unsafe<LeaseId>(Type.String({ pattern: LeaseId.pattern }))
/** Milliseconds since 1970, or a counter: a non-negative integer that JSON holds exactly. */
export const CounterSchema = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
export const SignatureSchema = Type.String({ minLength: 86, maxLength: 86, pattern: '^[A-Za-z0-9_-]+$' })
export const TypeNameSchema = Type.String({ pattern: '^[a-z][a-z0-9.-]*$', maxLength: limits.envelope.maxTypeChars })
/** An object whose every property is named here; more are refused. */
export const strictObject = <Properties extends Type.TProperties>(properties: Properties): Type.TObject<Properties> =>
  Type.Object(properties, { additionalProperties: false })
/** What may be missing, said in so many words. */
export const orNull = <Schema extends Type.TSchema>(schema: Schema): Type.TUnion<[Schema, Type.TNull]> =>
  Type.Union([schema, Type.Null()])
