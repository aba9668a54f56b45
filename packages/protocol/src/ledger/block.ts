/** Names a block by its place and hash. Genesis has slot -1 and height 0. */
export interface BlockRef {
  readonly slot: number
  readonly hash: Uint8Array
}

/** What the last header of an epoch says beside the rest: enough for a light client to step into the next. */
export interface EpochSeal {
  /** 32 bytes of public randomness for the epoch that comes. */
  readonly beacon: Uint8Array
  /** Hash of the committee that comes. */
  readonly nextCommittee: Uint8Array
}

/** The head of a block: everything else hangs on it by hash. Hashes have 32 bytes. */
export interface BlockHeader {
  readonly epoch: number
  /** Counted anew in every epoch. */
  readonly slot: number
  /** Counted through all epochs; the first block has 1. */
  readonly height: number
  /** Slots count within an epoch: the parent of its first block has slot -1. */
  readonly parent: BlockRef
  /** Unix time as the leader says; above its parent's. */
  readonly timeMs: number
  /** Position of the leader in the committee. */
  readonly leader: number
  /** Micro-units a fee unit costs in this block. */
  readonly baseFee: bigint
  /** Fee units its transactions used. */
  readonly usedUnits: number
  /** SHA-256 of the payload's encoding. */
  readonly payload: Uint8Array
  /** Root of the state after this block. */
  readonly stateRoot: Uint8Array
  /** Merkle root over the receipts of its transactions. */
  readonly receiptsRoot: Uint8Array
  /** Hash of the committee that decides on it. */
  readonly committee: Uint8Array
  /** Only in the last block of an epoch. */
  readonly seal: EpochSeal | undefined
}

/** A header, its leader's word for it, and what it contains. */
export interface Block {
  readonly header: BlockHeader
  /** 64 bytes over the header's hash, by the leader's validator key. */
  readonly signature: Uint8Array
  /** Encoded transactions, in order. */
  readonly transactions: readonly Uint8Array[]
}

/** What became of one transaction of a block. */
export interface Receipt {
  /** 32 bytes. */
  readonly transaction: Uint8Array
  /** 0 done; else the number of the reason for which nothing but the fee took effect. */
  readonly status: number
  readonly usedUnits: number
  readonly feePaid: bigint
}
