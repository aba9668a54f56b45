import { limits } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { isBlocksRequest, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { decodeArchived } from './archived-block.ts'

const bounds = limits.ledgerSync

/** Port: final blocks by height, each as `encodeArchived` wrote it. */
export interface BlockReader {
  /** Undefined for heights that are not final, or not kept any more. */
  read(height: number): Promise<Uint8Array | undefined>
}

/** Gives final blocks to whoever lacks them, to so many at a time. */
export class BlockServer {
  readonly #blocks: BlockReader
  #serving = 0

  constructor(network: PeerNetwork, blocks: BlockReader) {
    this.#blocks = blocks
    network.handleStream(LEDGER_BLOCKS_PROTOCOL, (stream) => this.#serve(stream))
  }

  async #serve(stream: PeerStream): Promise<void> {
    if (this.#serving >= bounds.servedAtOnce) {
      await stream.end()
      return
    }
    this.#serving += 1
    try {
      const request = (await stream.receive())?.header
      if (!isBlocksRequest(request)) throw badSyncMessage('no request for blocks')
      await this.#send(stream, request.from, request.count)
      await stream.end()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('failed'))
    } finally {
      this.#serving -= 1
    }
  }

  /** As many as were asked for, and then up to the next that says why they are final. */
  async #send(stream: PeerStream, from: number, count: number): Promise<void> {
    for (let height = from; height < from + count + bounds.groupBlocks; height += 1) {
      const payload = await this.#blocks.read(height)
      if (payload === undefined) return
      await stream.send({ header: null, payload })
      if (height >= from + count - 1 && decodeArchived(payload).finality !== undefined) return
    }
  }
}
