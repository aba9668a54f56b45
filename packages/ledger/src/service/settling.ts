import { isBorgError, type Logger } from '@borgios/core'
import { decodeTransaction, type Receipt, transactionId } from '@borgios/protocol'
import { mapKey } from '../mempool/account-view.ts'
import { decodeTracked, type TrackedTransaction } from '../mempool/tracked-transaction.ts'
import type { FinalTransaction, TransactionTracker } from '../mempool/transaction-tracker.ts'
import { decodeArchived } from '../sync/archived-block.ts'
import type { BlockReader } from '../sync/block-server.ts'

/** What an earlier process followed. A record that cannot be read is left out: the others are worth more. */
export function readTracked(records: Iterable<Uint8Array>, logger: Logger): readonly TrackedTransaction[] {
  const found: TrackedTransaction[] = []
  for (const record of records) {
    try {
      found.push(decodeTracked(new Uint8Array(record)))
    } catch (error) {
      if (!isBorgError(error)) throw error
      logger.warn('the record of a transaction that a user of this node sent is damaged; it is not followed any more', {
        code: error.code,
      })
    }
  }
  return found
}

/** What a start learns of followed transactions: by their ids, as keys of a map, what they came to in blocks that were applied again. */
export class LearntReceipts {
  readonly receipts = new Map<string, Receipt>()
  readonly #wanted: ReadonlySet<string>

  constructor(tracked: readonly TrackedTransaction[]) {
    this.#wanted = new Set(tracked.filter(({ outcome }) => outcome === undefined).map(({ id }) => mapKey(id)))
  }

  note(receipts: readonly Receipt[]): void {
    for (const receipt of receipts) {
      const key = mapKey(receipt.transaction)
      if (this.#wanted.has(key)) this.receipts.set(key, receipt)
    }
  }
}

/**
 * Shows a restored tracker the final blocks up to a height that its last process may not have told it of, and settles what none of them
 * decides. `network`: 32 bytes. Throws what reading throws.
 */
export async function settle(
  tracker: TransactionTracker,
  network: Uint8Array,
  blocks: BlockReader,
  height: number,
  { receipts }: LearntReceipts,
): Promise<void> {
  const since = tracker.sinceHeight
  for (let at = (since ?? height) + 1; at <= height; at += 1) {
    const bytes = await blocks.read(at)
    if (bytes === undefined) continue
    const decided: FinalTransaction[] = []
    for (const encoded of decodeArchived(bytes).block.transactions) {
      const transaction = decodeTransaction(encoded)
      const { account, nonce } = transaction
      if (!tracker.isFollowing(account)) continue
      const id = transactionId(network, transaction)
      decided.push({ account, nonce, id, receipt: receipts.get(mapKey(id)) })
    }
    tracker.onFinal(at, decided)
  }
  tracker.settle()
}
