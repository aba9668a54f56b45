import type { Block, BlockRef } from '@borgios/protocol'
import { textOf } from '../text-of.ts'

/** What the header of a block says, as far as consensus looks at it. */
export interface CandidateHead {
  readonly epoch: number
  readonly slot: number
  readonly height: number
  /** 32 bytes. */
  readonly hash: Uint8Array
  readonly parent: BlockRef
  /** Position in the committee of who signed it. */
  readonly leader: number
  /** The last block of its epoch: until it is final only fillers may follow. */
  readonly isLast: boolean
  /** An empty block above the last one of the epoch, there only to make that one final. It belongs to no chain. */
  readonly isFiller: boolean
}

/** A block that was proposed. Form, leader's signature and payload hash were checked by the shell. */
export interface Candidate extends CandidateHead {
  /** Without transactions. */
  readonly isEmpty: boolean
  /** Carried along, never looked into. */
  readonly block: Block
}

/** Where the chain stands. Of the epoch before, or genesis: slot -1. */
export interface FinalBlock extends BlockRef {
  readonly height: number
  /** Without transactions, if that is known. */
  readonly isEmpty?: boolean
}

/** A hash as the key of a map. */
export const hashKey = textOf

export const isSameHash = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0

export const isSameBlock = (left: BlockRef, right: BlockRef): boolean =>
  left.slot === right.slot && isSameHash(left.hash, right.hash)
