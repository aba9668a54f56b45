import type { JobLimits, JobService } from '@borgios/compute'
import type { Clock, LeaseId, Logger, Random, Timers } from '@borgios/core'
import type { Ed25519 } from '@borgios/crypto'
import type { Ledger } from '@borgios/ledger'
import type { PeerNetwork } from '@borgios/peertree'
import type { Coding, FileStore } from '@borgios/store'
import type { NodePaths } from '../config/data-folder.ts'
import type { NodeIdentity } from '../config/identity.ts'
import type { NodeConfig } from '../config/node-config.ts'
import type { LedgerIndex } from '../ledger/ledger-index.ts'
import type { Membership } from '../ledger/membership-view.ts'
import type { OnePut } from '../ledger/one-put.ts'

/** The world outside, as every room is given it. */
export interface Ports {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly ed25519: Ed25519
}

export interface RoomsContext extends Ports {
  readonly logger: Logger
  readonly identity: NodeIdentity
  readonly config: NodeConfig
  readonly paths: NodePaths
  readonly release: string
}

/** The rooms of one running node, wired to each other. */
export interface Rooms {
  readonly network: PeerNetwork
  readonly membership: Membership
  readonly store: FileStore
  readonly compute: JobService
  /** Undefined in a network that keeps none. */
  readonly ledger: Ledger | undefined
  /** What people ask about and the ledger's state does not say; there with the ledger. */
  readonly ledgerIndex: LedgerIndex | undefined
  /** Who pays for one put of the user; undefined where nothing costs anything. */
  payForPut(): OnePut | undefined
  /** Pays for a file for longer, from its lease. Throws NODE_NO_LEDGER, NODE_LEASE_OVER, NODE_FUNDS_SHORT and what payments throw. */
  renew(lease: LeaseId, forMs: number): Promise<void>
  /** What a job may use when nobody says otherwise. */
  readonly jobLimits: JobLimits
  /** Throws NODE_FUNDS_SHORT if the user of this node cannot pay for a job with such limits. */
  assertPayable(limits: JobLimits): void
  /** For a file whose owner does not say. */
  defaultCoding(): Coding
  /** Where others reach this node. */
  addresses(): readonly string[]
  stop(): Promise<void>
}

/** Opens every room. The real one is `openRooms`; tests give one that works in memory. */
export type OpenRooms = (context: RoomsContext) => Promise<Rooms>
