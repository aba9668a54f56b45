import type { JobId } from '@borgios/core'
import type { JobReceipt, JobUsage } from '@borgios/protocol'

/** What a job may cost at most. */
export interface JobWish {
  readonly job: JobId
  /** What a receipt names the job's spec by. */
  readonly specHash: string
  readonly mostWallTimeMs: number
  readonly mostUsage: JobUsage
}

/** How a job ended and what it used. */
export interface JobBill {
  /** Signed by the node that ran it, and checked. */
  readonly receipt: JobReceipt
  /** What in it cannot be, by what this node knows, a sentence each: none, as a rule. */
  readonly doubts: readonly string[]
}

/** What was set aside for one job, on however many nodes it is tried. Exactly one of the two is called, once. */
export interface JobHold {
  /** A node ran the job to its end, good or bad. Nobody waits for it: what fails for a moment is to be tried again behind it. */
  settle(bill: JobBill): Promise<void>
  /** No node did. */
  refund(reason: Error): Promise<void>
}

/** Who pays for jobs: a port. */
export interface Escrow {
  /** Sets aside what a job may cost. When it rejects, also since the signal aborted, nothing is held and no node is asked. */
  hold(wish: JobWish, signal: AbortSignal): Promise<JobHold>
  /** Holds for jobs of this node whose end an earlier process of it did not see. Asked for once, at the start. */
  left(): Promise<readonly JobHold[]>
}

/** Running costs nothing. */
export const freeEscrow: Escrow = {
  hold: async () => ({ settle: async () => undefined, refund: async () => undefined }),
  left: async () => [],
}
