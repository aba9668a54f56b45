import type { Receipt, Transaction } from '@borgios/protocol'
import type { MoneyMove } from '../modules/accounts/money-moves.ts'
import type { StateChange, StateWriter } from '../state/state.ts'

/** The state of a block while it takes effect, over its parent's. */
export interface BlockLayer extends StateWriter {
  /** Does the work; when it throws, undoes all that it wrote and passes the error on. */
  attempt<Result>(work: () => Result): Result
  /** Every record that is not as it was before the block. */
  changes(): Iterable<StateChange>
}

/** What a block's header and epoch say before its transactions are looked at. */
export interface BlockFacts {
  readonly height: number
  readonly epoch: number
  readonly timeMs: number
  /** 32 bytes: the account that gets the tips. */
  readonly leader: Uint8Array
  /** Micro-units a fee unit costs. */
  readonly baseFee: bigint
  /** 32 bytes: randomness of the epoch that comes. There in the last block of an epoch, and only there. */
  readonly nextBeacon: Uint8Array | undefined
}

/** What a block may hold. */
export interface BlockBounds {
  readonly maxUnits: number
  /** Of the payload's encoding. */
  readonly maxBytes: number
}

/** A transaction that was read, with its name. */
export interface NamedTransaction {
  readonly bytes: Uint8Array
  readonly transaction: Transaction
  /** 32 bytes; does not cover the signatures. */
  readonly id: Uint8Array
}

/** Checks signatures. The mempool's remembers which it has checked, so that a block of known transactions costs none. */
export interface TransactionVerifier {
  /** Whether every signature stands under the one of these keys whose place it names, which there must be. Same answer on every node, whenever asked. */
  verify(transaction: NamedTransaction, keys: readonly Uint8Array[]): boolean
}

/** What the execution of a block came to. */
export interface BlockOutcome {
  /** One for each transaction, in order. */
  readonly receipts: readonly Receipt[]
  readonly usedUnits: number
  readonly feesPaid: bigint
  /** Every change of every balance, and why. Nothing depends on it. */
  readonly moves: readonly MoneyMove[]
}
