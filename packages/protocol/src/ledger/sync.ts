import { limits } from '@borgios/core'
import { CounterSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'

/** Bulk streams that bring final blocks in the order of their heights. */
export const LEDGER_BLOCKS_PROTOCOL = 'ledger.blocks.1'

/**
 * Asks for final blocks from a height on. For each group that became final together comes first, as a finality proof, why it is final, then
 * its blocks, each a message; so there may be some more than were asked for.
 */
const BlocksRequestSchema = strictObject({
  from: CounterSchema,
  count: Type.Integer({ minimum: 1, maximum: limits.ledgerSync.blocksPerRequest }),
})
export type BlocksRequest = Static<typeof BlocksRequestSchema>

const blocksRequest = Compile(BlocksRequestSchema)
export const isBlocksRequest = (value: unknown): value is BlocksRequest => blocksRequest.Check(value)
