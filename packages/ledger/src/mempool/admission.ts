import { limits } from '@borgios/core'
import type { AccountQueue } from './account-queue.ts'
import type { PendingTransaction } from './pending-transaction.ts'

const bounds = limits.ledgerMempool

/** Why the mempool does not take a transaction, with what would have to be different. */
export type Refusal =
  /** It is no encoding of a transaction. */
  | { readonly reason: 'malformed' }
  /** An operation that this version does not know, or that is wrong in itself. */
  | { readonly reason: 'badOperation'; readonly why: string }
  | { readonly reason: 'badSignature' }
  /** The keys that signed do not meet the account's policy as of the final state. */
  | { readonly reason: 'policyUnmet' }
  | { readonly reason: 'expired'; readonly height: number }
  /** `most`: the highest last height for now. */
  | { readonly reason: 'lifeTooLong'; readonly most: number }
  | { readonly reason: 'nonceUsed'; readonly next: number }
  | { readonly reason: 'nonceTooFar'; readonly next: number; readonly most: number }
  /** `least` and what follows: micro-units a unit. */
  | { readonly reason: 'feeTooLow'; readonly least: number }
  /** More than anybody would mean to offer. */
  | { readonly reason: 'feeTooHigh' }
  | { readonly reason: 'raiseTooSmall'; readonly leastFee: number; readonly leastTip: number }
  | { readonly reason: 'fundsShort'; readonly balance: bigint; readonly needed: number }
  | { readonly reason: 'accountFull' }
  | { readonly reason: 'mempoolFull' }

export type Admission =
  | { readonly outcome: 'added'; readonly entry: PendingTransaction; readonly replaced: PendingTransaction | undefined }
  /** It is there already, perhaps with other signatures. */
  | { readonly outcome: 'known'; readonly entry: PendingTransaction }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }

/** Whether an honest node could never have sent it, however far behind its state may be. */
export const isPeersFault = ({ reason }: Refusal): boolean => reason === 'malformed' || reason === 'badSignature'

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
