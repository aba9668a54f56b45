import type { JsonValue } from '@borgios/core'
import type { AnyTable, StateWriter } from '../state/state.ts'
import type { MoneyCause } from './accounts/money-moves.ts'

/**
 * Moves micro-units between accounts and whoever holds them, and notes why. Whatever is taken must be put into a record that says it
 * holds it.
 */
export interface Money {
  /** Throws LEDGER_FUNDS_SHORT. */
  take(account: Uint8Array, amount: bigint, cause: MoneyCause): void
  /** An account that was not opened is, for its price out of the amount; a smaller amount goes to the treasury. */
  give(account: Uint8Array, amount: bigint, cause: MoneyCause): void
  /** Opens an account that was not, for the price of it, which goes to the treasury. Throws LEDGER_FUNDS_SHORT. */
  open(account: Uint8Array, payer: Uint8Array): void
  giveTreasury(amount: bigint): void
  /** At most what is there. Throws LEDGER_FUNDS_SHORT. */
  takeTreasury(amount: bigint): void
  burn(amount: bigint): void
  /** New micro-units, which the caller gives to somebody. Throws LEDGER_SUPPLY_FULL. */
  mint(amount: bigint): void
}

/** The block that is being applied. Everything a module may depend on: no clock, no randomness. */
export interface BlockContext {
  readonly state: StateWriter
  readonly money: Money
  readonly height: number
  readonly epoch: number
  /** Unix time the leader put into the header. */
  readonly timeMs: number
  /** 32 bytes: public randomness of this epoch, known since the end of the one before. */
  readonly beacon: Uint8Array
  /** 32 bytes: the account that gets the tips. */
  readonly leader: Uint8Array
}

/** The last block of an epoch. */
export interface EpochEndContext extends BlockContext {
  /** 32 bytes: public randomness of the epoch that comes. */
  readonly nextBeacon: Uint8Array
}

export interface OperationContext extends BlockContext {
  /** 32 bytes: whose signature stood. */
  readonly sender: Uint8Array
  /** 32 bytes. */
  readonly transaction: Uint8Array
}

/** One operation of a module. */
export interface OperationType<Body> {
  /** 0 to 255, unique in its module. */
  readonly kind: number
  /** For people, such as `transfer`. */
  readonly name: string
  encode(body: Body): Uint8Array
  /** Throws PROTOCOL_MALFORMED unless the bytes are the one encoding of a body. */
  decode(bytes: Uint8Array): Body
  /** Fee units beside those for its bytes: a whole number. */
  units(body: Body): number
  /**
   * Takes effect, or throws a BorgError whose code is among the module's refusals: then the whole transaction is undone but for its fee.
   * Never reads but what the context gives.
   */
  apply(context: OperationContext, body: Body): void
}

/** A part of the state with its own tables, operations and rules. Rooms above bring theirs; `node` registers them. */
export interface StateModule {
  /** 1 to 255, unique. */
  readonly id: number
  readonly name: string
  readonly tables: readonly AnyTable[]
  readonly operations: readonly OperationType<unknown>[]
  /** Codes of the errors its operations throw, each with its number from 1 to 255, for ever. Those of the frame need not be named. */
  readonly refusals: Readonly<Record<string, number>>
  /** Its part of the genesis document, checked and written. Throws LEDGER_GENESIS_INVALID. */
  onGenesis?(context: BlockContext, part: JsonValue | undefined): void
  /** Before the transactions of every block. */
  onBlock?(context: BlockContext): void
  /** In the last block of an epoch, after its transactions and fees. */
  onEpochEnd?(context: EpochEndContext): void
  /** After every module has ended the epoch: for what depends on all that they decided. */
  onEpochEnded?(context: EpochEndContext): void
}
