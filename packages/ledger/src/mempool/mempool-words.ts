import type { Refusal } from './refusal.ts'
import type { TransactionState } from './tracked-transaction.ts'

/** Why the mempool does not take a transaction, and what to do. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'malformed':
      return 'its bytes are no transaction; make it again with a wallet of this version'
    case 'badOperation':
      return `one of its operations cannot be: ${refusal.why}`
    case 'badSignature':
      return "the signature is not of the account's key over this transaction on this network; sign it again"
    case 'policyUnmet':
      return "its signatures are not those the account's policy asks for now; have as many of its keys sign as it needs, and no others"
    case 'expired':
      return `height ${refusal.height} is final and it was good for blocks before only; make it again with a later last height`
    case 'lifeTooLong':
      return `it would be good for too long: its last height may be ${refusal.most} at most; make it again with an earlier one`
    case 'nonceUsed':
      return `its nonce was used already; the account's next one is ${refusal.next}`
    case 'nonceTooFar':
      return `its nonce is too far ahead: the account's next one is ${refusal.next} and at most ${refusal.most} may wait; send those before first`
    case 'feeTooLow':
      return `it offers too little for a unit: at least ${refusal.least} micro-units are needed; make it again with a higher maximum fee`
    case 'feeTooHigh':
      return 'it offers more than anybody would mean to; make it again with a lower maximum fee'
    case 'raiseTooSmall':
      return (
        `another transaction of this nonce is waiting; to take its place, offer at least ${refusal.leastFee} micro-units a unit, ` +
        `and of them ${refusal.leastTip} as tip`
      )
    case 'fundsShort':
      return (
        `the account holds ${refusal.balance} micro-units, and its waiting transactions may cost ${refusal.needed} in fees; ` +
        'wait until some are final, or put more on the account'
      )
    case 'accountFull':
      return 'too many bytes of this account are waiting; send it again once some are final'
    case 'mempoolFull':
      return 'too many transactions are waiting that offer more; send it again later or offer a higher tip'
  }
}

/** Where a transaction stands: a sentence that says why and, if something is to be done, what. */
export function stateText(state: TransactionState): string {
  switch (state.kind) {
    case 'sent':
      return state.refusal === undefined
        ? 'sent; this node will send it again until it is final'
        : `sent, but it cannot enter a block now: ${refusalText(state.refusal)}`
    case 'pending':
      return `pending: ${pendingText(state.why)}`
    case 'inBlock':
      return `in the block of height ${state.height}, which is not final yet`
    case 'final':
      return `final: it took effect at height ${state.height}`
    case 'failed':
      return (
        `failed at height ${state.height} for reason ${state.receipt.status}: only its fee of ${state.receipt.feePaid} micro-units was ` +
        'taken; mend the reason and send a new transaction'
      )
    case 'replaced':
      return `replaced: another transaction used its nonce at height ${state.height}; it can never take effect`
    case 'expired':
      return `expired: it was good up to height ${state.lastHeight} and did not enter a block; it cost nothing, send it again with a later last height`
    case 'decided':
      return "decided while this node was away, and how is not known here any more; look at the account's history on another node"
  }
}

function pendingText(why: Extract<TransactionState, { kind: 'pending' }>['why']): string {
  switch (why.reason) {
    case 'ready':
      return 'it waits for a leader to take it into a block'
    case 'nonceMissing':
      return `it waits for the account's transaction with nonce ${why.nonce}; send that one`
    case 'feeBelowBase':
      return (
        `it offers ${why.offered} micro-units a unit and a block costs ${why.baseFee} now; wait until the fee falls, ` +
        'or send it again with the same nonce and a higher maximum fee'
      )
  }
}
