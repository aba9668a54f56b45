import type { Clock, NodeId, Timers } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import {
  type Block,
  type BlocksRequest,
  decodeBlock,
  decodeFinalityProof,
  LEDGER_BLOCKS_PROTOCOL,
  type StateRequest,
} from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import type { GroupProof } from './check-group.ts'
import { PacedStream } from './paced-stream.ts'

export interface BlockClientModules {
  readonly network: PeerNetwork
  readonly clock: Clock
  readonly timers: Timers
}

/** What a node sends of its final blocks: for each group that became final together first the proof, then its blocks. Only their form is checked. */
export class BlockSource {
  readonly #stream: PacedStream

  constructor(stream: PacedStream) {
    this.#stream = stream
  }

  /** Undefined when the node has no more. Throws PROTOCOL_MALFORMED, LEDGER_SYNC_SLOW and what breaks the stream. */
  async proof(): Promise<GroupProof | undefined> {
    const payload = await payloadOf(this.#stream)
    return payload === undefined ? undefined : decodeFinalityProof(payload)
  }

  /** The next block of the group. Throws as {@link proof}, and LEDGER_SYNC_MESSAGE. */
  async block(): Promise<Block> {
    const payload = await payloadOf(this.#stream)
    if (payload === undefined) throw badSyncMessage('less than it promised')
    return decodeBlock(payload)
  }
}

/** Opens a stream to a node, asks for something and hands the stream to `take`. Throws what that throws, and what breaks the stream. */
export async function withStream<Result>(
  modules: BlockClientModules,
  from: NodeId,
  protocol: string,
  request: BlocksRequest | StateRequest,
  signal: AbortSignal,
  take: (stream: PacedStream) => Promise<Result>,
): Promise<Result> {
  const stream = await modules.network.openStream(from, protocol, signal)
  const onAbort = (): void => stream.abort(new Error('given up'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const paced = new PacedStream(stream, modules)
    await paced.send({ header: request, payload: new Uint8Array() })
    return await take(paced)
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.abort(new Error('done'))
  }
}

/** Asks a node for final blocks and hands what it sends to `take`. As {@link withStream}. */
export const fetchBlocks = (
  modules: BlockClientModules,
  from: NodeId,
  request: BlocksRequest,
  signal: AbortSignal,
  take: (source: BlockSource) => Promise<void>,
): Promise<void> =>
  withStream(modules, from, LEDGER_BLOCKS_PROTOCOL, request, signal, (stream) => take(new BlockSource(stream)))

/** What the next message brings; undefined after the last. A copy where buffers are used again. As {@link PacedStream.receive}. */
export async function payloadOf(stream: PacedStream): Promise<Uint8Array | undefined> {
  const message = await stream.receive()
  if (message === undefined) return undefined
  const payload = message.release === undefined ? message.payload : message.payload.slice()
  message.release?.()
  return payload
}
