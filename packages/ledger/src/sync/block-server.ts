import { limits, type NodeId } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import { encodeBlock, encodeFinalityProof, isBlocksRequest, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { finalityFrom } from '../proofs/finality-from.ts'
import { decodeArchived } from './archived-block.ts'
import { PacedStream, type PacedStreamModules } from './paced-stream.ts'

const bounds = limits.ledgerSync

/** Port: final blocks by height, each as `encodeArchived` wrote it. */
export interface BlockReader {
  /** Undefined for heights that are not final, or not kept any more. */
  read(height: number): Promise<Uint8Array | undefined>
}

export interface BlockServerModules extends PacedStreamModules {
  readonly network: PeerNetwork
  readonly blocks: BlockReader
}

/** Gives final blocks to whoever lacks them, to so many at a time, each over one stream. */
export class BlockServer {
  readonly #modules: BlockServerModules
  readonly #serving = new Map<NodeId, PeerStream>()

  constructor(modules: BlockServerModules) {
    this.#modules = modules
    modules.network.handleStream(LEDGER_BLOCKS_PROTOCOL, (stream) => this.#serve(stream))
  }

  async #serve(stream: PeerStream): Promise<void> {
    const { node } = stream.remote
    const earlier = this.#serving.get(node)
    if (earlier === undefined && this.#serving.size >= bounds.servedAtOnce) {
      stream.abort(new Error('as many as can be are given blocks; ask another node'))
      return
    }
    // Who comes again has lost the one before.
    earlier?.abort(new Error('another stream took its place'))
    this.#serving.set(node, stream)
    try {
      const paced = new PacedStream(stream, this.#modules)
      const request = (await paced.receive())?.header
      if (!isBlocksRequest(request)) throw badSyncMessage('no request for blocks')
      await this.#send(paced, request.from, request.count)
      await stream.end()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('failed'))
    } finally {
      if (this.#serving.get(node) === stream) this.#serving.delete(node)
    }
  }

  /** Group by group, until there were as many as were asked for. */
  async #send(stream: PacedStream, from: number, count: number): Promise<void> {
    for (let height = from; height < from + count; ) {
      const proof = await finalityFrom(this.#modules.blocks, height)
      if (proof === undefined) return
      await stream.send({ header: null, payload: encodeFinalityProof(proof.proof) })
      for (const end = height + proof.blocks; height < end; height += 1) {
        const bytes = await this.#modules.blocks.read(height)
        if (bytes === undefined) return
        await stream.send({ header: null, payload: encodeBlock(decodeArchived(bytes).block) })
      }
    }
  }
}
