import type { JobId, NodeId } from '@borgios/core'
import type { JobPayer, JobReceipt, JobUsage } from '@borgios/protocol'

/** What one node may use at most for a job. */
export interface JobWish {
  readonly job: JobId
  /** Whose price it is, and who is to be paid. */
  readonly node: NodeId
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

/** What was set aside for one attempt at a job. Exactly one of the two is called, once. */
export interface JobHold {
  /** Who pays, by which the node finds what was set aside; undefined where nobody does. */
  readonly payer: JobPayer | undefined
  /** The node ran the job to its end, good or bad. Nobody waits for it: what fails for a moment is to be tried again behind it. */
  settle(bill: JobBill): Promise<void>
  /** It did not. */
  refund(reason: Error): Promise<void>
}

/** Who pays for jobs: a port. */
export interface Escrow {
  /**
   * Sets aside what a job may cost on the node that was chosen for it. When it rejects, also since the signal aborted, nothing is held, the
   * node hears nothing of the job, and the job has failed.
   */
  hold(wish: JobWish, signal: AbortSignal): Promise<JobHold>
  /** Holds for jobs of this node whose end an earlier process of it did not see. Asked for once, at the start. */
  left(): Promise<readonly JobHold[]>
}

/** Running costs nothing. */
export const freeEscrow: Escrow = {
  hold: async () => ({ payer: undefined, settle: async () => undefined, refund: async () => undefined }),
  left: async () => [],
}
