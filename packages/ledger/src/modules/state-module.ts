import type { JsonValue } from '@borgios/core'
import type { StateWriter, Table } from '../state/state.ts'

/** Moves micro-units between accounts and whoever holds them. Whatever is taken must be put into a record that says it holds it. */
export interface Money {
  /** Throws LEDGER_FUNDS_SHORT. */
  take(account: Uint8Array, amount: bigint): void
  /** Opens the account if there is none. */
  give(account: Uint8Array, amount: bigint): void
  giveTreasury(amount: bigint): void
  /** At most what is there. Throws LEDGER_FUNDS_SHORT. */
  takeTreasury(amount: bigint): void
  burn(amount: bigint): void
  /** New micro-units, which the caller gives to somebody. */
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

export interface OperationContext extends BlockContext {
  /** 32 bytes: whose signature stood. */
  readonly sender: Uint8Array
  /** 32 bytes. */
  readonly transaction: Uint8Array
}

/** One operation of a module. */
export interface OperationType<Body> {
  readonly kind: number
  /** For people, such as `transfer`. */
  readonly name: string
  encode(body: Body): Uint8Array
  /** Throws PROTOCOL_MALFORMED unless the bytes are the one encoding of a body. */
  decode(bytes: Uint8Array): Body
  /** Fee units beside those for its bytes. */
  units(body: Body): number
  /** Takes effect, or throws a BorgError: then the whole transaction is undone but for its fee. Never reads but what the context gives. */
  apply(context: OperationContext, body: Body): void
}

/** A part of the state with its own tables, operations and rules. Rooms above bring theirs; `node` registers them. */
export interface StateModule {
  /** 1 to 255, unique. */
  readonly id: number
  readonly name: string
  readonly tables: readonly Table<never, never>[]
  readonly operations: readonly OperationType<never>[]
  /** Its part of the genesis document, checked and written. */
  onGenesis?(context: BlockContext, part: JsonValue | undefined): void
  /** Before the transactions of every block. */
  onBlock?(context: BlockContext): void
  /** In the last block of an epoch, after its transactions. */
  onEpochEnd?(context: BlockContext): void
}
