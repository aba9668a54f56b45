import type { ConsensusEffect, ConsensusMessage } from '@borgios/ledger'
import type { LedgerHost } from './ledger-host.ts'
import type { LedgerWorld } from './ledger-world.ts'

export type ProposeEffect = Extract<ConsensusEffect, { kind: 'propose' }>

/** How a Byzantine host differs from an honest one. Its core runs as anybody's; what it says besides is its own. */
export interface Behaviour {
  readonly name: string
  /** Says nothing at all. */
  readonly isSilent?: boolean
  /** Runs twice with one key. */
  readonly isTwin?: boolean
  /** Gives nobody the bodies it has. */
  readonly withholds?: boolean
  /** In its turn, instead of the block its core asked for. */
  readonly propose?: (world: LedgerWorld, host: LedgerHost, effect: ProposeEffect) => void
  /** Whether a message of its core goes out to this receiver. */
  readonly sends?: (world: LedgerWorld, message: ConsensusMessage, to: LedgerHost) => boolean
  /** When it hears of something. */
  readonly hears?: (world: LedgerWorld, host: LedgerHost, message: ConsensusMessage) => void
  /** Every `ACT_MS`. */
  readonly acts?: (world: LedgerWorld, host: LedgerHost) => void
}

/** How often a behaviour acts by itself. */
export const ACT_MS = 50
