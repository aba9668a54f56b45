import { limits } from '@borgios/core'
import type { BlockRefusal } from '../execution/admission.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { PendingTransaction } from '../mempool/pending-transaction.ts'
import { parameter } from '../modules/parameters/parameter-table.ts'
import type { StateReader } from '../state/state.ts'
import type { Chain } from './chain.ts'
import type { TransactionSource } from './engine-ports.ts'

const { maxPayloadBytes, maxTransactions } = limits.ledgerCodec

/** Refusals that no later block changes. */
const FOR_EVER: ReadonlySet<BlockRefusal> = new Set(['malformed', 'unknownOperation', 'expired', 'badSignature'])

/** Refusals that the next block may not have. */
const ANOTHER_BLOCK: ReadonlySet<BlockRefusal> = new Set(['blockFull', 'nonceUsed', 'nonceAhead'])

/** Fills blocks from the mempool, without what their ancestors hold already. */
export class PendingTransactions implements TransactionSource {
  readonly #mempool: Mempool
  readonly #chain: Chain
  /** Of the block that was made last. */
  #offered = new Map<Uint8Array, PendingTransaction>()

  constructor(mempool: Mempool, chain: Chain) {
    this.#mempool = mempool
    this.#chain = chain
  }

  get isWaiting(): boolean {
    return this.#mempool.isReady(this.#maxUnits(this.#chain.state, this.#chain.record.epoch))
  }

  select(height: number, parent: Uint8Array): Iterable<Uint8Array> {
    const { baseFee, epoch, state } = this.#chain.next(parent)
    const selected = this.#mempool.select({
      height,
      baseFee,
      maxBytes: maxPayloadBytes,
      maxUnits: this.#maxUnits(state, epoch),
      maxTransactions,
      nonces: this.#chain.noncesAfter(parent),
    })
    this.#offered = new Map(selected.map((entry) => [entry.bytes, entry]))
    return this.#offered.keys()
  }

  leftOut(transactions: readonly { readonly transaction: Uint8Array; readonly why: BlockRefusal }[]): void {
    for (const { transaction, why } of transactions) {
      const entry = this.#offered.get(transaction)
      if (entry === undefined) continue
      if (FOR_EVER.has(why)) this.#mempool.drop(entry)
      else if (!ANOTHER_BLOCK.has(why)) this.#mempool.setAside(entry)
    }
    this.#offered.clear()
  }

  #maxUnits(state: StateReader, epoch: number): number {
    return 2 * parameter({ state, epoch }, 'targetUnits')
  }
}
