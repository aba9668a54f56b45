import { limits, type NodeId } from '@borgios/core'
import type { PeerNetwork, PeerStream } from '@borgios/peertree'
import {
  encodeBlock,
  encodeFinalityProof,
  isChunkRequest,
  isStateRequest,
  LEDGER_STATE_PROTOCOL,
  type StateRequest,
} from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { decodeArchived } from './archived-block.ts'
import type { BlockReader } from './block-server.ts'
import { PacedStream, type PacedStreamModules } from './paced-stream.ts'
import type { SnapshotShelf } from './snapshot-shelf.ts'
import type { EpochReader } from './trusted-place.ts'

const bounds = limits.ledgerSync

export interface StateServerModules extends PacedStreamModules {
  readonly network: PeerNetwork
  readonly shelf: SnapshotShelf
  readonly blocks: BlockReader
  readonly epochs: Pick<EpochReader, 'read'>
}

/** Gives states, and how epochs ended, to whoever is far behind: to so many at a time, each over one stream. */
export class StateServer {
  readonly #modules: StateServerModules
  readonly #serving = new Map<NodeId, PeerStream>()

  constructor(modules: StateServerModules) {
    this.#modules = modules
    modules.network.handleStream(LEDGER_STATE_PROTOCOL, (stream) => this.#serve(stream))
  }

  async #serve(stream: PeerStream): Promise<void> {
    const { node } = stream.remote
    const earlier = this.#serving.get(node)
    if (earlier === undefined && this.#serving.size >= bounds.statesServedAtOnce) {
      stream.abort(new Error('as many as can be are given states; ask another node'))
      return
    }
    // Who comes again has lost the one before.
    earlier?.abort(new Error('another stream took its place'))
    this.#serving.set(node, stream)
    try {
      const paced = new PacedStream(stream, this.#modules)
      const request = (await paced.receive())?.header
      if (!isStateRequest(request)) throw badSyncMessage('no request for a state')
      await this.#answer(paced, request)
      await stream.end()
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error('failed'))
    } finally {
      if (this.#serving.get(node) === stream) this.#serving.delete(node)
    }
  }

  #answer(stream: PacedStream, request: StateRequest): Promise<void> {
    switch (request.kind) {
      case 'states':
        return this.#sendStates(stream)
      case 'epochs':
        return this.#sendEpochs(stream, request.from, request.count)
      case 'chunks':
        return this.#sendChunks(stream, request.height)
    }
  }

  async #sendStates(stream: PacedStream): Promise<void> {
    for (const { point } of this.#modules.shelf.held) {
      const bytes = await this.#modules.blocks.read(point.height)
      if (bytes === undefined) continue
      const { block, finality } = decodeArchived(bytes)
      if (finality === undefined || finality.fillers.length >= limits.ledgerCodec.maxProofHeaders) continue
      const { certificate, fillers } = finality
      await stream.send({
        header: null,
        payload: encodeFinalityProof({ headers: [block.header, ...fillers], certificate }),
      })
      await stream.send({ header: null, payload: encodeBlock(block) })
    }
  }

  async #sendEpochs(stream: PacedStream, from: number, count: number): Promise<void> {
    for (let epoch = from; epoch < from + count; epoch += 1) {
      const payload = await this.#modules.epochs.read(epoch)
      if (payload === undefined) return
      await stream.send({ header: null, payload })
    }
  }

  /** Until nothing more is asked for. */
  async #sendChunks(stream: PacedStream, height: number): Promise<void> {
    const snapshot = this.#modules.shelf.find(height)
    if (snapshot === undefined) return
    for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
      if (!isChunkRequest(message.header)) throw badSyncMessage('no request for a part of a state')
      await stream.send({ header: null, payload: snapshot.chunk(message.header.bucket) })
    }
  }
}
