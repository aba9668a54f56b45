import type { Clock, Logger, NetworkId, Random, Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import type { PeerNetwork } from '@borgios/peertree'
import type { Escrow } from '../escrow.ts'

/** What having jobs run by others needs. */
export interface RequesterModules {
  readonly network: PeerNetwork
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly networkId: NetworkId
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly escrow: Escrow
  readonly logger: Logger
}
