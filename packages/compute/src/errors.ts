import { type Blame, BorgError, type ErrorKind, type ErrorMeta } from '@borgios/core'

const make =
  (code: string, kind: ErrorKind, blame: Blame, retryable = false) =>
  (message: string, cause?: unknown, meta: ErrorMeta = {}): BorgError =>
    new BorgError(message, { code, kind, blame, retryable, meta, cause })

/** The job as described can run nowhere: a field is malformed or above a limit. */
export const invalidSpec = make('COMPUTE_SPEC_INVALID', 'invalid', 'caller')
/** Another job of this id is running. */
export const jobExists = make('COMPUTE_JOB_EXISTS', 'conflict', 'caller')
/** This node follows as many jobs as it may. */
export const tooManyJobs = make('COMPUTE_TOO_MANY_JOBS', 'exhausted', 'none', true)
/** No member can run it. `meta.excluded` says why for each. */
export const noNode = make('COMPUTE_NO_NODE', 'unavailable', 'none', true)
/** Every member that could run it stayed busy for as long as a job may wait. */
export const allBusy = make('COMPUTE_ALL_BUSY', 'timeout', 'none', true)
/** The caller ended the job before any node had taken it. */
export const cancelledEarly = make('COMPUTE_CANCELLED', 'unavailable', 'caller')
/** The service is being stopped. */
export const stopping = make('COMPUTE_STOPPING', 'unavailable', 'self', true)
/** A job whose requester was restarted meanwhile. */
export const restarted = make('COMPUTE_RESTARTED', 'unavailable', 'self', true)
/** One node did not run a job to its end. */
export const attemptFailed = make('COMPUTE_ATTEMPT_FAILED', 'unavailable', 'none', true)
/** A message of the other side is not what the protocol says. */
export const badMessage = make('COMPUTE_BAD_MESSAGE', 'invalid', 'peer')
/** A signed statement that is not for this job, node or network, or whose signature does not stand. */
export const badStatement = make('COMPUTE_BAD_STATEMENT', 'byzantine', 'peer')
/** The other side has not been heard of for longer than the lease. */
export const leaseLost = make('COMPUTE_LEASE_LOST', 'timeout', 'none', true)
/** What a program printed was not taken in time. */
export const logNotTaken = make('COMPUTE_LOG_NOT_TAKEN', 'timeout', 'peer')
/** This node has no slot and no place in its queue left. */
export const queueFull = make('COMPUTE_QUEUE_FULL', 'exhausted', 'none', true)
/** This node runs no jobs. */
export const noSandbox = make('COMPUTE_NO_SANDBOX', 'unavailable', 'self')
/** The sandbox itself failed, not the program. */
export const sandboxBroken = make('COMPUTE_SANDBOX_BROKEN', 'unavailable', 'self', true)
/** An input or the program is larger than a job may bring. */
export const inputTooLarge = make('COMPUTE_INPUT_TOO_LARGE', 'invalid', 'caller')
