import type { Timing } from '../../src/consensus/epoch-options.ts'
import type { Impairment } from '../../src/service/impairments.ts'

/** What a validator process is started with. */
export interface ValidatorPlan {
  /** Whose key it has. */
  readonly index: number
  readonly validators: number
  readonly epochBlocks: number
  readonly genesisMs: number
  readonly timing: Timing
  /** What the ledger keeps. */
  readonly folder: string
  /** A file that gets everything it says to other validators. */
  readonly said: string
  readonly listen: string
  readonly contacts: readonly string[]
  /** How far its clock is ahead of that of the machine. */
  readonly clockAheadMs: number
  /** Transfers a second of an account of its own. */
  readonly transfersPerSecond: number
}

/** Where a validator can be made to die, by SIGKILL from itself. */
export const KILL_POINTS = [
  'journal: before a write',
  'journal: in the middle of a write',
  'journal: before a sync',
  'journal: after a sync',
  'links: before a send',
  'links: after a send',
  'blocks: before a write',
  'blocks: in the middle of a write',
  'blocks: before a sync',
  'blocks: after a sync',
  'state: before it is saved',
  'state: after it was saved',
] as const
export type KillPoint = (typeof KILL_POINTS)[number]

export type Order =
  /** Die when this point is reached for the so manieth time from now on. */
  { readonly kind: 'die'; readonly at: KillPoint; readonly times: number } | { readonly kind: 'stop' }

/** Where a validator stands. */
export interface Standing {
  readonly height: number
  readonly epoch: number
  readonly haltedWhy: string | undefined
  readonly impairments: readonly Impairment[]
  readonly membersUp: number
}

export type Report =
  | { readonly kind: 'up'; readonly address: string }
  /** It could not begin. */
  | { readonly kind: 'refused'; readonly code: string; readonly why: string }
  | {
      readonly kind: 'final'
      readonly height: number
      readonly epoch: number
      readonly slot: number
      readonly hash: string
    }
  | ({ readonly kind: 'stands' } & Standing)
  | { readonly kind: 'logged'; readonly level: string; readonly text: string }
