/** Says a vote's stage. `notar`: I saw and checked this block first. `skip`: its time ran out. `final`: I saw a quorum notarise it. */
export const VOTE_KINDS = ['notar', 'skip', 'final'] as const
export type VoteKind = (typeof VOTE_KINDS)[number]

export interface Validator {
  /** 32 bytes: the node's key. */
  readonly key: Uint8Array
  /** At least 1; capped so that nobody alone decides. */
  readonly weight: number
}

/** Who decides in an epoch, in the order of their keys. */
export interface Committee {
  readonly epoch: number
  readonly validators: readonly Validator[]
}

/** What a vote is about. */
export interface VoteSubject {
  readonly kind: VoteKind
  readonly epoch: number
  readonly slot: number
  /** 32 bytes; zeros for a skip. */
  readonly block: Uint8Array
}

export interface Vote extends VoteSubject {
  /** Position in the committee. */
  readonly voter: number
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** Votes of a quorum about one subject: proof for everybody. */
export interface Certificate extends VoteSubject {
  /** Strictly rising positions in the committee, with their signatures. */
  readonly votes: readonly { readonly voter: number; readonly signature: Uint8Array }[]
}

/** Weight that decides: more than two thirds of all. Two quorums share at least one honest validator. */
export const quorumOf = (totalWeight: number): number => Math.floor((2 * totalWeight) / 3) + 1
