import { limits } from '@borgios/core'
import { encodeBlock, encodeFinalityProof, isBlocksRequest, LEDGER_BLOCKS_PROTOCOL } from '@borgios/protocol'
import { badSyncMessage } from '../errors.ts'
import { finalityFrom } from '../proofs/finality-from.ts'
import { decodeArchived } from './archived-block.ts'
import type { PacedStream } from './paced-stream.ts'
import { StreamDesk, type StreamDeskModules } from './stream-desk.ts'

/** Port: final blocks by height, each as `encodeArchived` wrote it. */
export interface BlockReader {
  /** Undefined for heights that are not final, or not kept any more. */
  read(height: number): Promise<Uint8Array | undefined>
}

/** Port: the run of final blocks that is kept here. */
export interface KeptBlocks extends BlockReader {
  /** The lowest and highest heights; undefined when none is. */
  readonly heights: { readonly first: number; readonly last: number } | undefined
}

export interface BlockServerModules extends StreamDeskModules {
  readonly blocks: BlockReader
}

/** Gives final blocks to whoever lacks them, to so many at a time, each over one stream. */
export class BlockServer {
  readonly #blocks: BlockReader

  constructor(modules: BlockServerModules) {
    this.#blocks = modules.blocks
    const options = { protocol: LEDGER_BLOCKS_PROTOCOL, answeredAtOnce: limits.ledgerSync.servedAtOnce }
    new StreamDesk({ ...options, answer: (stream, question) => this.#answer(stream, question) }, modules)
  }

  async #answer(stream: PacedStream, question: unknown): Promise<boolean> {
    if (!isBlocksRequest(question)) throw badSyncMessage('no request for blocks')
    await this.#send(stream, question.from, question.count)
    return false
  }

  /** Group by group, until there were as many as were asked for. */
  async #send(stream: PacedStream, from: number, count: number): Promise<void> {
    for (let height = from; height < from + count; ) {
      const proof = await finalityFrom(this.#blocks, height)
      if (proof === undefined) return
      await stream.send({ header: null, payload: encodeFinalityProof(proof.proof) })
      for (const end = height + proof.blocks; height < end; height += 1) {
        const bytes = await this.#blocks.read(height)
        if (bytes === undefined) return
        await stream.send({ header: null, payload: encodeBlock(decodeArchived(bytes).block) })
      }
    }
  }
}
