import type { JobId, NodeId } from '@borgios/core'
import type { JobReceipt } from '@borgios/protocol'

export interface JobLimits {
  /** Memory of the sandbox as a whole. */
  readonly memoryBytes: number
  /** From the program's start to its end. */
  readonly wallTimeMs: number
  /** Everything written under /out. */
  readonly outputBytes: number
  /** stdout and stderr together. */
  readonly logBytes: number
}

/** What to run. Files are named by capability, so only who may read them can hand them to a job. */
export interface JobSpec {
  /** Capability of a WASI preview 1 command module. */
  readonly program: string
  /** Arguments after the program's name. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files found at `/in/<name>`. */
  readonly inputs: readonly { readonly name: string; readonly capability: string }[]
  readonly limits: JobLimits
}

export type JobState = 'placing' | 'fetching' | 'running' | 'storing' | 'done' | 'failed' | 'cancelled'

export type JobEvent =
  | { readonly kind: 'state'; readonly state: JobState; readonly node: NodeId | undefined; readonly why: string }
  /** The node failed: what it logged is void, another one begins anew. */
  | { readonly kind: 'restart'; readonly why: string }
  | { readonly kind: 'log'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array }

export interface JobResult {
  readonly job: JobId
  readonly node: NodeId
  readonly state: 'done' | 'failed' | 'cancelled'
  /** The program's own; 124 when a time limit ended it, 137 when memory did. Undefined if it never ran. */
  readonly exitCode: number | undefined
  /** A sentence for people: why it ended so and what to do. */
  readonly why: string
  /** What the program left under /out, by name. */
  readonly outputs: readonly { readonly name: string; readonly bytes: number; readonly capability: string }[]
  readonly wallTimeMs: number
  /** What the node says it used and cannot be, a sentence each. */
  readonly doubts: readonly string[]
  /** The executor's signed word for all this, checked. Undefined for a cancelled job whose node did not answer any more. */
  readonly receipt: JobReceipt | undefined
}

export interface RunOptions {
  /** Run only on this node. Defaults to the least loaded one that is not this node. */
  readonly node?: NodeId
  readonly onEvent?: (event: JobEvent) => void
  readonly signal?: AbortSignal
  /** Of program and inputs in all, where the caller knows: what is held for the job and billed for it is checked by that. */
  readonly inputBytes?: number
  /** Chosen by the caller so that it can be shown before the job starts; a fresh one otherwise. */
  readonly job?: JobId
}

export interface ComputeStatus {
  readonly runningJobs: number
  /** Jobs that wait for a slot here. */
  readonly queuedJobs: number
  readonly jobSlots: number
  /** What holds programs to their memory here. */
  readonly memoryGuard: string
  /** Why this node runs no jobs; undefined when it does. */
  readonly unavailableWhy: string | undefined
}

/** Jobs on other people's machines: what gateway and command line use. */
export interface JobService {
  /**
   * Runs a job on another node and resolves when it has ended, whatever its exit code. If a node fails before that, the job is started
   * anew on another; its log then begins again. Throws COMPUTE_SPEC_INVALID, COMPUTE_JOB_EXISTS, COMPUTE_TOO_MANY_JOBS,
   * COMPUTE_NO_NODE (with the reason for each node), COMPUTE_ALL_BUSY, COMPUTE_CANCELLED (before a node had it) or
   * COMPUTE_STOPPING; or what the escrow says when the job cannot be paid for, before any node has it.
   */
  run(spec: JobSpec, options?: RunOptions): Promise<JobResult>
  status(): ComputeStatus
  /** Ends every job here, and every job of this node elsewhere. */
  stop(): Promise<void>
}
