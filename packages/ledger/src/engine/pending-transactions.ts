import { limits } from '@borgios/core'
import type { BlockRefusal } from '../execution/admission.ts'
import type { Mempool } from '../mempool/mempool.ts'
import type { PendingTransaction } from '../mempool/pending-transaction.ts'
import { parameter } from '../modules/parameters/parameter-table.ts'
import type { Chain } from './chain.ts'
import type { TransactionSource } from './engine-ports.ts'

const { maxPayloadBytes, maxTransactions } = limits.ledgerCodec

/** Refusals that no later block changes. */
const FOR_EVER: ReadonlySet<BlockRefusal> = new Set(['malformed', 'unknownOperation', 'expired', 'badSignature'])

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
    return this.#mempool.size > 0
  }

  select(height: number, parent: Uint8Array): Iterable<Uint8Array> {
    const { baseFee, epoch, state } = this.#chain.next(parent)
    const selected = this.#mempool.select({
      height,
      baseFee,
      maxBytes: maxPayloadBytes,
      maxUnits: 2 * parameter({ state, epoch }, 'targetUnits'),
      maxTransactions,
      nonces: this.#chain.noncesAfter(parent),
    })
    this.#offered = new Map(selected.map((entry) => [entry.bytes, entry]))
    return this.#offered.keys()
  }

  leftOut(transactions: readonly { readonly transaction: Uint8Array; readonly why: BlockRefusal }[]): void {
    for (const { transaction, why } of transactions) {
      const entry = this.#offered.get(transaction)
      if (entry !== undefined && FOR_EVER.has(why)) this.#mempool.drop(entry)
    }
    this.#offered.clear()
  }
}
