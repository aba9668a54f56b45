import { limits } from '@borgios/core'
import { CounterSchema, strictObject } from '@borgios/crypto'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/schema'
import { STATE_BUCKETS } from './state-bucket.ts'

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

/** Bulk streams that bring the state after a block: what one node asks for on one stream. */
export const LEDGER_STATE_PROTOCOL = 'ledger.state.1'

const StateRequestSchema = Type.Union([
  /** Which states there are, the newest first: for each, as with blocks, why its block is final, and the block. */
  strictObject({ kind: Type.Literal('states') }),
  /** For each epoch from this one on, as an epoch proof, how it ended and who decided next. There may be fewer than were asked for. */
  strictObject({
    kind: Type.Literal('epochs'),
    from: CounterSchema,
    count: Type.Integer({ minimum: 1, maximum: limits.ledgerSync.epochsPerRequest }),
  }),
  /** Chunks of the state after the block of this height, each for a {@link ChunkRequest} on the same stream. */
  strictObject({ kind: Type.Literal('chunks'), height: CounterSchema }),
])
export type StateRequest = Static<typeof StateRequestSchema>

const stateRequest = Compile(StateRequestSchema)
export const isStateRequest = (value: unknown): value is StateRequest => stateRequest.Check(value)

/** Asks for the part of the state that begins with a bucket. */
const ChunkRequestSchema = strictObject({ bucket: Type.Integer({ minimum: 0, maximum: STATE_BUCKETS - 1 }) })
export type ChunkRequest = Static<typeof ChunkRequestSchema>

const chunkRequest = Compile(ChunkRequestSchema)
export const isChunkRequest = (value: unknown): value is ChunkRequest => chunkRequest.Check(value)
