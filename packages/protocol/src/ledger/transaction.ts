/** What a transaction asks of one state module. Its body has that module's fixed layout. */
export interface Operation {
  /** The state module, 1 to 255. */
  readonly module: number
  /** Which of the module's operations. */
  readonly kind: number
  readonly body: Uint8Array
}

/** One signature of the account's key or, for a majority account, of one of its keys. */
export interface TransactionSignature {
  /** Position of the key in the account's list; 0 for a plain account. Strictly rising within a transaction. */
  readonly key: number
  /** 64 bytes, Ed25519 over what {@link transactionSigningBytes} gives. */
  readonly signature: Uint8Array
}

/** Operations that happen together or not at all, signed by the account that pays for them. */
export interface Transaction {
  /** 32 bytes: who acts and pays. */
  readonly account: Uint8Array
  /** How many transactions of the account came before: each takes effect once, in this order. */
  readonly nonce: number
  /** The last height at which it may still enter a block. */
  readonly lastHeight: number
  /** What one fee unit may cost at most, base fee and tip together, in micro-units of the currency. */
  readonly maxFeePerUnit: bigint
  /** Of that, what the leader of the block may have. */
  readonly tipPerUnit: bigint
  readonly operations: readonly Operation[]
  readonly signatures: readonly TransactionSignature[]
}
