import { type BlockRef, type Certificate, VOTE_KINDS, type Vote, type VoteKind } from '@borgios/protocol'
import { type Candidate, hashKey } from './candidate.ts'

/** A candidate whose body is here. */
export interface HeldBlock {
  readonly candidate: Candidate
  /** `asked`: the shell is at it. */
  execution: 'none' | 'asked' | 'ok' | 'bad'
  /** In the log. */
  isPersisted: boolean
  /** All its ancestors down to the last final block are here. Once true it stays so. */
  isRooted: boolean
}

/** What this validator has said about a slot, in this life or an earlier one. Set before it is said. */
export interface OwnVotes {
  /** Key of the block's hash. */
  notar: string | undefined
  skip: boolean
  /** Key of the block's hash. */
  final: string | undefined
}

/** All that is known of one slot. */
export interface Slot {
  readonly number: number
  /** The first vote of each kind of each voter. */
  readonly votes: Record<VoteKind, Map<number, Vote>>
  /** Weight by kind and block. */
  readonly weights: Map<string, number>
  readonly certificates: Record<VoteKind, Certificate | undefined>
  /** What the leader sent first, or we made: only that is voted for unless a quorum notarised another. */
  offered: Candidate | undefined
  /** At most the offered one and those a quorum spoke for. By key of the hash. */
  readonly blocks: Map<string, HeldBlock>
  readonly own: OwnVotes
  /** Our own turn: the shell builds a block, or did. */
  proposal: 'none' | 'asked' | 'made'
}

export const emptySlot = (number: number): Slot => ({
  number,
  votes: { notar: new Map(), skip: new Map(), final: new Map() },
  weights: new Map(),
  certificates: { notar: undefined, skip: undefined, final: undefined },
  offered: undefined,
  blocks: new Map(),
  own: { notar: undefined, skip: false, final: undefined },
  proposal: 'none',
})

/** The block a quorum notarised. One that is final was notarised too, since only who saw that votes final. */
export function notarisedIn(slot: Slot | undefined): BlockRef | undefined {
  const certificate = slot?.certificates.notar ?? slot?.certificates.final
  return certificate === undefined ? undefined : { slot: certificate.slot, hash: certificate.block }
}

/** Whether the next slot may begin. */
export const isEnded = (slot: Slot | undefined): boolean =>
  slot !== undefined &&
  (slot.certificates.notar !== undefined ||
    slot.certificates.skip !== undefined ||
    slot.certificates.final !== undefined)

/** Frees what only counted while the slot was open. Certificates and own votes stay. */
export function dropVotes(slot: Slot): void {
  for (const kind of VOTE_KINDS) slot.votes[kind].clear()
  slot.weights.clear()
}

export const subjectKey = (kind: VoteKind, block: Uint8Array): string =>
  kind === 'skip' ? kind : kind + hashKey(block)
