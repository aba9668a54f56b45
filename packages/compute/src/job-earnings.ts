import type { JobId, NodeId } from '@borgios/core'
import type { JobPayer, JobUsage } from '@borgios/protocol'

/** What this node is asked to run. */
export interface ExpectedJob {
  readonly job: JobId
  /** Who asks for it. */
  readonly from: NodeId
  /** Who is said to have set money aside for it: not checked yet. */
  readonly payer: JobPayer | undefined
  /** Once it runs. */
  readonly mostWallTimeMs: number
  readonly mostUsage: JobUsage
}

/**
 * Who pays this node for the jobs that it runs for others: a port. Of `ran` and `gaveUp` one is called for each job that was asked about with
 * `expect`, whatever came of that, and for no other: anybody may name any job in a request that is refused.
 */
export interface JobEarnings {
  /** Resolves once money is set aside for the job, for long enough; rejects when there is none, and the job is refused. */
  expect(wish: ExpectedJob, signal: AbortSignal): Promise<void>
  /** It ran to its end, good or bad. Must not throw. */
  ran(job: JobId, usage: JobUsage): void
  /** It did not run to its end here, and costs nothing. Must not throw. */
  gaveUp(job: JobId): void
}

/** Running jobs for others earns nothing. */
export const unpaidWork: JobEarnings = {
  expect: async () => undefined,
  ran: () => undefined,
  gaveUp: () => undefined,
}
