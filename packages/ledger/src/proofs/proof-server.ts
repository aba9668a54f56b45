import { assert, decodeBase64Url, limits, TransactionId } from '@borgios/core'
import {
  type BlockHeader,
  decodeHeader,
  encodeCheckpoint,
  encodeFinalityProof,
  encodeHeader,
  encodeHeaders,
  encodeReceiptProof,
  encodeStateProof,
  headerHash,
  type LightRequest,
  proveReceipt,
  type Receipt,
} from '@borgios/protocol'
import { isSameHash } from '../consensus/candidate.ts'
import { proofMissing, proofPruned, proofUnknown } from '../errors.ts'
import { bucketNumber } from '../state/bucket.ts'
import type { FinalState } from '../state/final-state.ts'
import { proofOf } from '../state/state-snapshot.ts'
import { decodeArchived } from '../sync/archived-block.ts'
import type { KeptBlocks } from '../sync/block-server.ts'
import { checkpointOf, epochOf } from './checkpoint-of.ts'
import { type EpochProofs, epochHeaders } from './epoch-headers.ts'
import { finalityFrom } from './finality-from.ts'

/** Port: where transactions are, and what became of them. */
export interface ReceiptSource {
  /** Of a transaction by its 32 bytes; undefined for one that is in no final block, or forgotten. */
  place(id: Uint8Array): Promise<{ readonly height: number; readonly position: number } | undefined>
  /** Of a block, in order; undefined when there are none, or they are forgotten. */
  receipts(height: number): Promise<readonly Receipt[] | undefined>
}

export interface ProofSources {
  /** 32 bytes. */
  readonly network: Uint8Array
  readonly state: FinalState
  readonly blocks: KeptBlocks
  readonly epochs: EpochProofs
  /** Undefined where nobody keeps them. */
  readonly receipts: ReceiptSource | undefined
}

/** Proofs of what the ledger says, for who believes nobody. Only reads what is final. */
export class ProofServer {
  readonly #sources: ProofSources

  constructor(sources: ProofSources) {
    this.#sources = sources
  }

  /**
   * The parts of an answer, as {@link LightRequest} says. Throws LEDGER_PROOF_UNKNOWN for a transaction that is not known here, LEDGER_PROOF_PRUNED
   * for a block that is forgotten here, LEDGER_PROOF_MISSING for what this node cannot prove otherwise, LEDGER_JOURNAL_CORRUPT, LEDGER_DISK_FAILED.
   */
  async answer(request: LightRequest): Promise<readonly Uint8Array[]> {
    const { state } = this.#sources
    switch (request.ask) {
      case 'checkpoint':
        return this.#checkpoint()
      case 'epochs':
        return epochHeaders(this.#sources.epochs, request.from, {
          limit: request.limit,
          maxBytes: limits.ledgerLight.answerBytes,
        })
      case 'head':
        return [await this.#finality(state.point.height, state.point.block)]
      case 'record':
        return this.#record(request.table, decodeBase64Url(request.key))
      case 'receipt':
        return this.#receipt(TransactionId.toBytes(request.transaction))
      case 'headers':
        return [await this.#headers(request.height, request.limit)]
    }
  }

  async #checkpoint(): Promise<readonly Uint8Array[]> {
    const { state, epochs, network } = this.#sources
    const checkpoint = await checkpointOf(state, epochs, network)
    if (checkpoint !== undefined) return [encodeCheckpoint(checkpoint)]
    if (epochOf(state) < 2) return []
    throw proofMissing('this node did not see how the epoch before began: ask another one')
  }

  async #record(table: number, key: Uint8Array | undefined): Promise<readonly Uint8Array[]> {
    const { state } = this.#sources
    if (key === undefined) throw proofUnknown('a key that is no base64url')
    // Both of one moment: blocks become final while the archive is read.
    const { height, block } = state.point
    const proof = encodeStateProof(proofOf(state, bucketNumber(table, key)))
    return [await this.#finality(height, block), proof]
  }

  async #receipt(id: Uint8Array): Promise<readonly Uint8Array[]> {
    const { receipts } = this.#sources
    const place = await receipts?.place(id)
    const list = place === undefined ? undefined : await receipts?.receipts(place.height)
    if (place === undefined || list === undefined) {
      throw proofUnknown('this node knows no such transaction: it is in no final block, or it is too long ago')
    }
    assert(list[place.position] !== undefined, 'the receipt stands where the transaction is')
    const proof = encodeReceiptProof(proveReceipt(list, place.position))
    return [await this.#finality(place.height), proof]
  }

  async #finality(height: number, block?: Uint8Array): Promise<Uint8Array> {
    if (height === 0) throw proofMissing('the ledger has no block yet: the first one comes in a few seconds')
    const { network, blocks } = this.#sources
    const found = await finalityFrom(blocks, height)
    if (found === undefined) this.#assertKept(height)
    if (found === undefined) throw proofMissing(`this node does not keep why block ${height} is final: ask another one`)
    const [header] = found.proof.headers
    const isIt = header !== undefined && (block === undefined || isSameHash(headerHash(network, header), block))
    assert(isIt, 'the archive has the blocks that the state came from')
    return encodeFinalityProof(found.proof)
  }

  /** From a height on down, as many as are kept and cost little enough to read. */
  async #headers(from: number, limit: number): Promise<Uint8Array> {
    const headers: BlockHeader[] = []
    for (let [height, read] = [from, 0]; headers.length < limit && read < limits.ledgerLight.readBytes; height -= 1) {
      const bytes = await this.#sources.blocks.read(height)
      if (bytes === undefined) break
      read += bytes.length
      // A copy: the header is a view, which would keep the whole block.
      headers.push(decodeHeader(encodeHeader(decodeArchived(bytes).block.header)))
    }
    if (headers.length > 0) return encodeHeaders(headers)
    this.#assertKept(from)
    throw proofMissing(`this node has no final block ${from}: ask another one`)
  }

  /** Throws LEDGER_PROOF_PRUNED. */
  #assertKept(height: number): void {
    const first = this.#sources.blocks.heights?.first ?? 0
    if (height >= first) return
    throw proofPruned(
      `block ${height} is forgotten, as blocks are after ${limits.ledgerSync.keptEpochs} whole epochs: this node keeps those from ${first} on, and can prove nothing of older ones`,
    )
  }
}
