import { strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'

/** Bulk streams that carry lists of the shards a node keeps for a lease, as `encodeShardList` writes them. */
export const LEASE_LISTS_PROTOCOL = 'ledger.lists.1'

/** 32 bytes in hex. */
const LeaseSchema = Type.String({ pattern: '^[0-9a-f]{64}$' })

/**
 * `keep`: its payload, and those of the messages behind it up to the end, are the list of a lease for the node that is asked, which answers
 * with one word. `list`: asks for such a list; the answer's payloads are it.
 */
const ListRequestSchema = strictObject({
  op: Type.Enum(['keep', 'list']),
  lease: LeaseSchema,
})
export type ListRequest = Static<typeof ListRequestSchema>

/** `unknown`: no such part in a lease, or no list of it, is known there yet. `lacking`: it does not hold all of these shards. */
const ListReplySchema = strictObject({ outcome: Type.Enum(['kept', 'list', 'unknown', 'lacking']) })
export type ListReply = Static<typeof ListReplySchema>

const request = Compile(ListRequestSchema)
export const isListRequest = (value: unknown): value is ListRequest => request.Check(value)
const reply = Compile(ListReplySchema)
export const isListReply = (value: unknown): value is ListReply => reply.Check(value)
