import { join } from 'node:path'
import { assert, type Clock, type Logger, limits, type NetworkId, type Random, type Timers } from '@borgios/core'
import type { Ed25519, Signer } from '@borgios/crypto'
import type { PeerNetwork } from '@borgios/peertree'
import type { Escrow } from './escrow.ts'
import { Executor } from './executor/executor.ts'
import type { ComputeStatus, JobLimits, JobResult, JobService, JobSpec, RunOptions } from './job.ts'
import type { JobEarnings } from './job-earnings.ts'
import type { JobFiles } from './job-files.ts'
import { maxJobLimits } from './job-spec.ts'
import { Requester } from './requester/requester.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

export interface JobServiceOptions {
  /** A private folder of this room. What a crash left there is removed at the start. */
  readonly folder: string
  /** Jobs this node runs for others at once; 0 for a node that lends none. */
  readonly slots: number
  /** What this node lets one job use. Defaults to {@link maxJobLimits}. */
  readonly maxLimits?: JobLimits
}

export interface JobServiceModules {
  readonly network: PeerNetwork
  readonly files: JobFiles
  readonly sandbox: Sandbox
  /** Of this node's key. */
  readonly signer: Signer
  readonly ed25519: Ed25519
  readonly networkId: NetworkId
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly logger: Logger
  /** Who pays for the jobs of this node. */
  readonly escrow: Escrow
  /** Who pays for the jobs that this node runs for others. Nobody, if absent. */
  readonly earnings?: JobEarnings
}

/** Jobs of this node on others, and jobs of others on this node. */
export function createJobService(options: JobServiceOptions, modules: JobServiceModules): JobService {
  assert(options.slots >= 0 && options.slots <= limits.compute.maxSlots, 'the number of slots is within its limit')
  const executor = new Executor(
    { folder: join(options.folder, 'scratch'), slots: options.slots, maxLimits: options.maxLimits ?? maxJobLimits },
    modules,
  )
  const requester = new Requester(modules)
  requester.start()
  return {
    run: (spec: JobSpec, runOptions?: RunOptions): Promise<JobResult> => requester.run(spec, runOptions),
    status: (): ComputeStatus => executor.status(),
    stop: async (): Promise<void> => {
      await Promise.all([requester.stop(), executor.stop()])
    },
  }
}
