import { assert, type Clock, encodeBase64Url, limits, TransactionId } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import {
  type BlockHeader,
  type Checkpoint,
  decodeEpochProof,
  decodeFinalityProof,
  decodeHeaders,
  decodeReceiptProof,
  decodeStateProof,
  type FinalityProof,
  type LightRequest,
  type Receipt,
} from '@borgios/protocol'
import { type FinalBlock, isSame } from './chain.ts'
import { corruptTrust, rolledBack, unknownEpoch, wrongAnswer, wrongProof } from './errors.ts'
import { type Fork, LightClient } from './light-client.ts'
import { verifyReceipt, verifyState } from './proofs.ts'
import type { RecordTable } from './record-table.ts'
import { assertAgrees, decodeTrust } from './trust.ts'

const bounds = limits.ledgerLight

/** Port: asks somebody, who is not believed; resolves with the parts of the answer. What it throws comes through. */
export type AskLedger = (request: LightRequest) => Promise<readonly Uint8Array[]>

export interface LedgerReaderOptions {
  /** Where trust begins, such as at genesis. */
  readonly checkpoint: Checkpoint
  /** What {@link LedgerReader.save} gave, of the same network. */
  readonly kept?: Uint8Array | undefined
  /** As {@link LightClient} has it. */
  readonly unbondingMs: number
}

export interface LedgerReaderModules {
  readonly ask: AskLedger
  readonly ed25519: Pick<Ed25519, 'verify'>
  readonly clock: Pick<Clock, 'nowMs'>
}

/** Something the ledger says, and the block by which it was proved. */
export interface Proven<Value> {
  readonly value: Value
  readonly block: FinalBlock
  /** Since its leader made the block, by this machine's clock: whoever answers may keep newer ones back. */
  readonly ageMs: number
}

/**
 * Reads the ledger through somebody who is not believed: follows the epochs from what is trusted, and checks each answer. Everything that a lie
 * can be told about throws what was false, with a code `LIGHT_...` or PROTOCOL_MALFORMED; nothing is kept of it.
 */
export class LedgerReader {
  readonly #modules: LedgerReaderModules
  readonly #client: LightClient

  /** Throws as {@link LightClient}. */
  constructor(options: LedgerReaderOptions, modules: LedgerReaderModules) {
    this.#modules = modules
    const { checkpoint, kept, unbondingMs } = options
    this.#client = new LightClient({ from: kept ?? checkpoint, unbondingMs }, modules)
    if (!isSame(this.#client.network, checkpoint.network)) throw corruptTrust('what was kept is of another network')
  }

  /** What to keep, and to give as `kept` later: else the next one can be shown an older state. */
  save(): Uint8Array {
    return this.#client.save()
  }

  /**
   * Goes on until the epoch of a checkpoint that the user believes, and holds it against what is proved. Throws LIGHT_CHECKPOINT_CONFLICT when both
   * cannot be true, and as {@link head}.
   */
  async confirm(checkpoint: Checkpoint): Promise<void> {
    await stepTo(this.#client, checkpoint.committee.epoch, this.#modules.ask)
    this.#client.confirm(checkpoint)
  }

  /** The evidence, once LIGHT_FORK was thrown. */
  get fork(): Fork | undefined {
    return this.#client.fork
  }

  /** The newest final block. Throws LIGHT_ROLLED_BACK for one that is older than what was seen before, LIGHT_FORK, and more. */
  async head(): Promise<Proven<undefined>> {
    return this.#proven(undefined, await this.#newest(only(await this.#modules.ask({ ask: 'head' }))))
  }

  /** A record as it is after the newest final block; undefined: it was proved that there is none. Throws as {@link head}, and LIGHT_PROOF_WRONG. */
  async record<Key, Value>(table: RecordTable<Key, Value>, key: Key): Promise<Proven<Value | undefined>> {
    const bytes = table.encodeKey(key)
    const [finality, state] = two(
      await this.#modules.ask({ ask: 'record', table: table.id, key: encodeBase64Url(bytes) }),
    )
    const block = await this.#newest(finality)
    const record = verifyState(block, decodeStateProof(state), table.id, bytes)
    return this.#proven(record === undefined ? undefined : table.decode(record), block)
  }

  /** What became of a transaction, by its 32 bytes. Throws as {@link head}, and LIGHT_PROOF_WRONG. */
  async receipt(transaction: Uint8Array): Promise<Proven<Receipt>> {
    const id = TransactionId.fromBytes(transaction)
    const [finality, proof] = two(await this.#modules.ask({ ask: 'receipt', transaction: id }))
    const receiptProof = decodeReceiptProof(proof)
    if (!isSame(receiptProof.receipt.transaction, transaction)) {
      throw wrongProof('a receipt of another transaction than was asked for')
    }
    const block = await this.#anyBlock(decodeFinalityProof(finality))
    return this.#proven(verifyReceipt(block, receiptProof), block)
  }

  #proven<Value>(value: Value, block: FinalBlock): Proven<Value> {
    return { value, block, ageMs: this.#modules.clock.nowMs() - block.header.timeMs }
  }

  async #newest(finality: Uint8Array): Promise<FinalBlock> {
    const proof = decodeFinalityProof(finality)
    const { epoch, height } = firstOf(proof)
    const known = this.#client.newest.height
    if (height < known) {
      throw rolledBack(
        `the newest block that is shown has height ${height}, where block ${known} was final already: who answers is behind, or hides something`,
      )
    }
    await stepTo(this.#client, epoch, this.#modules.ask)
    return this.#client.verifyHeader(proof)
  }

  async #anyBlock(proof: FinalityProof): Promise<FinalBlock> {
    const { epoch, height } = firstOf(proof)
    await stepTo(this.#client, epoch, this.#modules.ask)
    return height > this.#client.lowest.height ? this.#client.verifyHeader(proof) : this.#oldBlock(height)
  }

  /** One that is too old for its signatures to count, by the headers above it. */
  async #oldBlock(height: number): Promise<FinalBlock> {
    const descent = this.#client.descent()
    for (let answers = 0; answers < bounds.descentAnswers; answers += 1) {
      const limit = Math.min(descent.height - height + 1, limits.ledgerCodec.maxProofHeaders)
      const headers = decodeHeaders(only(await this.#modules.ask({ ask: 'headers', height: descent.height, limit })))
      if (headers.length > limit) throw wrongAnswer('more headers than were asked for')
      for (const header of headers) {
        const block = descent.take(header)
        if (header.height === height) return block
      }
    }
    throw unknownEpoch(`block ${height} is too far below those that are known here to be proved`)
  }
}

/** Whether a checkpoint can be of the chain of which {@link LedgerReader.save} kept something, be it too old or not. Throws LIGHT_CHECKPOINT_CONFLICT, LIGHT_STATE_CORRUPT. */
export const confirmKept = (kept: Uint8Array, checkpoint: Checkpoint): void =>
  assertAgrees(decodeTrust(kept), checkpoint)

/** Into an epoch; nothing to do for one that is past. Throws as {@link LightClient.advance}, LIGHT_EPOCH_UNKNOWN when there are no steps. */
async function stepTo(client: LightClient, epoch: number, ask: AskLedger): Promise<void> {
  while (client.epoch < epoch) {
    const from = client.epoch
    const limit = Math.min(epoch - from, bounds.maxEpochs)
    const steps = await ask({ ask: 'epochs', from, limit })
    if (steps.length > limit) throw wrongAnswer('more steps than were asked for')
    client.advance(steps.map(decodeEpochProof))
    if (client.epoch === from) {
      throw unknownEpoch(`a block of epoch ${epoch} is shown, but not how epoch ${from} ended`)
    }
  }
}

function firstOf({ headers: [first] }: FinalityProof): BlockHeader {
  assert(first !== undefined, 'a decoded proof has headers')
  return first
}

function only(parts: readonly Uint8Array[]): Uint8Array {
  const [first, ...rest] = parts
  if (first === undefined || rest.length > 0) throw wrongAnswer('an answer with other parts than it must have')
  return first
}

function two(parts: readonly Uint8Array[]): readonly [Uint8Array, Uint8Array] {
  const [first, second, ...rest] = parts
  if (first === undefined || second === undefined || rest.length > 0)
    throw wrongAnswer('an answer with other parts than it must have')
  return [first, second]
}
