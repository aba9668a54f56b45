import { limits } from '@borgios/core'
import type { AccountQueue } from './account-queue.ts'
import type { PendingTransaction } from './pending-transaction.ts'
import type { Refusal } from './refusal.ts'

const bounds = limits.ledgerMempool

export type Admission =
  | { readonly outcome: 'added'; readonly entry: PendingTransaction; readonly replaced: PendingTransaction | undefined }
  /** It is there already, perhaps with other signatures. */
  | { readonly outcome: 'known'; readonly entry: PendingTransaction }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }

/** Where the final state stands. */
export interface FinalPoint {
  readonly height: number
  /** Of the block that follows, in micro-units a unit. */
  readonly baseFee: bigint
}

/** What speaks against a transaction, its signatures and room in the mempool apart. */
export function judge(entry: PendingTransaction, queue: AccountQueue, final: FinalPoint): Refusal | undefined {
  const { nonce, lastHeight, feePerUnit } = entry
  const next = queue.account.nonce
  if (lastHeight <= final.height) return { reason: 'expired', height: final.height }
  const latest = final.height + 1 + limits.ledgerMoney.maxLifeBlocks
  if (lastHeight > latest) return { reason: 'lifeTooLong', most: latest }
  if (nonce < next) return { reason: 'nonceUsed', next }
  const most = next + bounds.accountNonces - 1
  if (nonce > most) return { reason: 'nonceTooFar', next, most }
  const least = leastFee(final.baseFee)
  if (feePerUnit < least) return { reason: 'feeTooLow', least }
  return judgeBeside(entry, queue.find(nonce), queue)
}

/** Against what else is pending of its account; `former` has the same nonce and would go. */
function judgeBeside(
  entry: PendingTransaction,
  former: PendingTransaction | undefined,
  queue: AccountQueue,
): Refusal | undefined {
  if (former !== undefined) {
    const leastFee = raised(former.feePerUnit)
    const leastTip = raised(former.tipPerUnit)
    if (entry.feePerUnit < leastFee || entry.tipPerUnit < leastTip)
      return { reason: 'raiseTooSmall', leastFee, leastTip }
  }
  const { balance } = queue.account
  const needed = queue.maxFee - (former?.maxFee ?? 0) + entry.maxFee
  if (needed > balance) return { reason: 'fundsShort', balance, needed }
  const bytes = queue.bytes - (former?.bytes.length ?? 0) + entry.bytes.length
  return bytes > bounds.accountBytes ? { reason: 'accountFull' } : undefined
}

const leastFee = (baseFee: bigint): number => Math.ceil(Number(baseFee) / bounds.leastFeeDivisor)

/** What must be offered in the place of an offer. */
const raised = (offer: number): number => offer + Math.floor(offer / bounds.raiseDivisor) + 1
