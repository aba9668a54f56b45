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

/** Whether an honest node could never have sent it, however far behind its state may be. */
export const isPeersFault = ({ reason }: Refusal): boolean => reason === 'malformed' || reason === 'badSignature'
