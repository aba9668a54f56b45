import { limits } from '@borgios/core'
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
import type { PacedStream } from './paced-stream.ts'
import type { SnapshotShelf } from './snapshot-shelf.ts'
import { StreamDesk, type StreamDeskModules } from './stream-desk.ts'
import type { EpochReader } from './trusted-place.ts'

const bounds = limits.ledgerSync

export interface StateServerModules extends StreamDeskModules {
  readonly shelf: SnapshotShelf
  readonly blocks: BlockReader
  readonly epochs: Pick<EpochReader, 'read'>
}

/** Gives states, and how epochs ended, to whoever is far behind: to so many at a time, each over one stream. */
export class StateServer {
  readonly #modules: StateServerModules

  constructor(modules: StateServerModules) {
    this.#modules = modules
    const options = { protocol: LEDGER_STATE_PROTOCOL, answeredAtOnce: bounds.statesServedAtOnce }
    new StreamDesk({ ...options, answer: (stream, question) => this.#answer(stream, question) }, modules)
  }

  async #answer(stream: PacedStream, question: unknown): Promise<boolean> {
    if (!isStateRequest(question)) throw badSyncMessage('no request for a state')
    await this.#send(stream, question)
    return false
  }

  #send(stream: PacedStream, request: StateRequest): Promise<void> {
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

  /** Until nothing more is asked for: one answer, whose other side keeps the pace or loses its place. */
  async #sendChunks(stream: PacedStream, height: number): Promise<void> {
    const snapshot = this.#modules.shelf.find(height)
    if (snapshot === undefined) return
    for (let message = await stream.receive(); message !== undefined; message = await stream.receive()) {
      if (!isChunkRequest(message.header)) throw badSyncMessage('no request for a part of a state')
      await stream.send({ header: null, payload: snapshot.chunk(message.header.bucket) })
    }
  }
}
