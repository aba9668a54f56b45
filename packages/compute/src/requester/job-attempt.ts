import { type JobId, limits, messageOf, type NodeId, type Timers } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'
import {
  type CheckedJobSpec,
  COMPUTE_PROTOCOL,
  type JobPayer,
  type JobReceipt,
  type RequesterMessage,
} from '@borgios/protocol'
import { badMessage, leaseLost } from '../errors.ts'
import type { JobBill } from '../escrow.ts'
import type { JobEvent } from '../job.ts'
import { Lease } from '../lease.ts'
import { executorMessage } from '../messages.ts'
import { Outbox } from '../outbox.ts'
import { openJobReceipt, signJobRequest } from '../statements.ts'
import { doubtsAbout } from '../usage.ts'
import type { RequesterModules } from './requester-modules.ts'
import { ToldOrder } from './told-order.ts'

export interface Attempt {
  readonly job: JobId
  readonly node: NodeId
  readonly payer: JobPayer | undefined
  readonly spec: CheckedJobSpec
  /** Of program and inputs, if somebody knows. */
  readonly inputBytes: number | undefined
  readonly onEvent: (event: JobEvent) => void
  /** Cancels the job; it still answers, if it can. */
  readonly signal: AbortSignal
}

/** What came of trying one node. */
export type AttemptOutcome =
  | ({ readonly kind: 'receipt' } & JobBill)
  /** This node did not run it to its end: another may. */
  | { readonly kind: 'failed'; readonly why: string }

/** The longest an honest node takes: its queue, fetching, starting, the program, handing over, storing. */
export const attemptMs = ({ limits: { wallTimeMs } }: CheckedJobSpec): number => {
  const { queueWaitMs, maxTransferMs, startTimeoutMs, handOverMs, attemptMarginMs } = limits.compute
  return queueWaitMs + 2 * maxTransferMs + startTimeoutMs + wallTimeMs + handOverMs + attemptMarginMs
}

/** Tries a job on one node and follows it to its end. Never throws for what the node does. */
export async function attemptJob(attempt: Attempt, modules: RequesterModules): Promise<AttemptOutcome> {
  try {
    const stream = await modules.network.openStream(attempt.node, COMPUTE_PROTOCOL)
    return await follow(stream, attempt, modules)
  } catch (error) {
    return { kind: 'failed', why: messageOf(error) }
  }
}

async function follow(stream: PeerStream, attempt: Attempt, modules: RequesterModules): Promise<AttemptOutcome> {
  const { clock, timers, signer, networkId, network } = modules
  const abort = (reason: Error): void => stream.abort(reason)
  const outbox = new Outbox<RequesterMessage>(stream)
  const lease = new Lease(() => void outbox.sendIfIdle({ type: 'alive' }).catch(abort), { clock, timers })
  lease.signal.addEventListener('abort', () => abort(lease.signal.reason), { once: true })
  const { job, node, payer, spec, inputBytes } = attempt
  const sentMs = clock.monotonicMs()
  let logBytes = 0
  const timeMs = clock.nowMs()
  const parties = { from: network.self, to: node, ...(payer === undefined ? {} : { payer }) }
  const request = signJobRequest(signer, { network: networkId, job, ...parties, timeMs, spec })
  outbox.send({ type: 'run' }, request).catch(abort)
  const cancel = (): void => void outbox.send({ type: 'cancel' }).catch(abort)
  const late = leaseLost('the node took longer than the job may take in all')
  const cancelDeadline = timers.after(attemptMs(spec), () => lease.lose(late))
  const stopCancelling = cancelOnSignal(attempt.signal, cancel, abort, timers)
  const told = new ToldOrder(spec.limits.logBytes)
  try {
    for (;;) {
      const message = await stream.receive()
      if (message === undefined) throw leaseLost('the node left without a result')
      lease.heard()
      const header = executorMessage(message.header)
      if (header.type === 'result') {
        const receipt = openReceipt(message.payload, attempt, modules)
        const elapsedMs = clock.monotonicMs() - sentMs
        const doubts = doubtsAbout(receipt, spec.limits, { elapsedMs, logBytes, inputBytes })
        return { kind: 'receipt', receipt, doubts }
      }
      if (header.type === 'refused') return { kind: 'failed', why: header.why }
      if (header.type === 'state') {
        told.state(header.state)
        attempt.onEvent({ kind: 'state', state: header.state, node, why: header.why })
      } else if (header.type === 'log') {
        told.log(header.sequence, message.payload.length)
        logBytes += message.payload.length
        attempt.onEvent({ kind: 'log', stream: header.stream, bytes: message.payload })
      }
    }
  } catch (error) {
    stream.abort(error instanceof Error ? error : badMessage(String(error)))
    throw lease.signal.aborted ? lease.signal.reason : error
  } finally {
    lease.end()
    cancelDeadline()
    stopCancelling()
    stream.end().catch(() => {})
  }
}

const openReceipt = (bytes: Uint8Array, { job, node, spec }: Attempt, modules: RequesterModules): JobReceipt =>
  openJobReceipt(bytes, {
    ed25519: modules.ed25519,
    network: modules.networkId,
    requester: modules.network.self,
    node,
    job,
    spec,
  })

/** When the signal aborts, calls `cancel`, and leaves if the node has not answered in time. */
function cancelOnSignal(
  signal: AbortSignal,
  cancel: () => void,
  leave: (reason: Error) => void,
  timers: Timers,
): () => void {
  let stopWaiting = (): void => {}
  const onAbort = (): void => {
    const unanswered = leaseLost('the node did not confirm that it cancelled the job')
    stopWaiting = timers.after(limits.compute.cancelWaitMs, () => leave(unanswered))
    cancel()
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
    stopWaiting()
  }
}
