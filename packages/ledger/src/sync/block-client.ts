import { type Clock, limits, type NodeId, type Timers } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import { type BlocksRequest, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { type ArchivedBlock, type ArchivedGroup, decodeArchived } from './archived-block.ts'
import { PacedStream } from './paced-stream.ts'

const bounds = limits.ledgerSync

export interface BlockClientModules {
  readonly network: PeerNetwork
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * Asks a node for final blocks and yields them in the groups in which they became final. Nothing of it was checked but its form. Ends when
 * the node has no more. Throws LEDGER_SYNC_MESSAGE, LEDGER_SYNC_SLOW, PROTOCOL_MALFORMED and what breaks the stream.
 */
export async function* fetchBlocks(
  modules: BlockClientModules,
  from: NodeId,
  request: BlocksRequest,
  signal: AbortSignal,
): AsyncGenerator<ArchivedGroup> {
  const stream = await modules.network.openStream(from, LEDGER_BLOCKS_PROTOCOL, signal)
  const paced = new PacedStream(stream, modules)
  const onAbort = (): void => stream.abort(new Error('given up'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await paced.send({ header: request, payload: new Uint8Array() })
    let group: ArchivedBlock[] = []
    for (;;) {
      const message = await paced.receive()
      if (message === undefined) return
      // A copy where buffers are used again: blocks are kept.
      const archived = decodeArchived(message.release === undefined ? message.payload : message.payload.slice())
      message.release?.()
      group.push(archived)
      if (group.length > bounds.groupBlocks) throw badSyncMessage('blocks without a word why they are final')
      if (archived.finality === undefined) continue
      yield group
      group = []
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.abort(new Error('done'))
  }
}
