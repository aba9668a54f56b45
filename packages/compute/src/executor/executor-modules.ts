import type { Clock, Logger, NetworkId, Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import type { PeerNetwork } from '@borgios/peertree'
import type { JobEarnings } from '../job-earnings.ts'
import type { JobFiles } from '../job-files.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

/** What running jobs for others needs. */
export interface ExecutorModules {
  readonly network: PeerNetwork
  readonly files: JobFiles
  readonly sandbox: Sandbox
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly networkId: NetworkId
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  /** Who pays for jobs of others. Nobody, if absent. */
  readonly earnings?: JobEarnings
}
