import { limits, type NodeId } from '@borgios/core'
import type { PeerNetwork } from '@borgios/peertree'
import { type BlocksRequest, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { type ArchivedBlock, type ArchivedGroup, decodeArchived } from './archived-block.ts'

const bounds = limits.ledgerSync

/**
 * Asks a node for final blocks and yields them in the groups in which they became final. Nothing of it was checked but its form. Ends when
 * the node has no more. Throws LEDGER_SYNC_MESSAGE, PROTOCOL_MALFORMED and what breaks the stream.
 */
export async function* fetchBlocks(
  network: PeerNetwork,
  from: NodeId,
  request: BlocksRequest,
  signal: AbortSignal,
): AsyncGenerator<ArchivedGroup> {
  const stream = await network.openStream(from, LEDGER_BLOCKS_PROTOCOL, signal)
  const onAbort = (): void => stream.abort(new Error('given up'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await stream.send({ header: request, payload: new Uint8Array() })
    let group: ArchivedBlock[] = []
    for (;;) {
      const message = await stream.receive()
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
