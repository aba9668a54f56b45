import { isBorgError, JobId, limits, messageOf, type NodeId, shortId } from '@borgios/core'
import { type CheckedJobSpec, COMPUTE_OFFER, ComputeOfferSchema } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import {
  allBusy,
  attemptFailed,
  cancelledEarly,
  jobExists,
  noNode,
  restarted,
  stopping,
  tooManyJobs,
} from '../errors.ts'
import type { JobBill, JobHold } from '../escrow.ts'
import type { JobEvent, JobResult, JobSpec, RunOptions } from '../job.ts'
import { checkJobSpec, jobSpecHash } from '../job-spec.ts'
import { mostUsage } from '../usage.ts'
import { type AttemptOutcome, attemptJob } from './job-attempt.ts'
import { chooseNode, type Exclusion, findCandidates, type Probe } from './placement.ts'
import type { RequesterModules } from './requester-modules.ts'

/** A job on its way. */
interface Following {
  readonly job: JobId
  readonly spec: CheckedJobSpec
  readonly wanted: NodeId | undefined
  readonly inputBytes: number | undefined
  readonly signal: AbortSignal
  readonly say: (event: JobEvent) => void
  /** Nodes that failed on this job, and why: not picked again. */
  readonly failed: Map<NodeId, string>
}

const offerCheck = Compile(ComputeOfferSchema)
const JOB_ID_BYTES = 16

/** Has jobs run by other members. */
export class Requester {
  readonly #modules: RequesterModules
  readonly #jobs = new Map<JobId, AbortController>()
  readonly #ended = new Set<Promise<unknown>>()
  #stopped = false

  constructor(modules: RequesterModules) {
    this.#modules = modules
  }

  /** Refunds jobs whose end an earlier process did not see: they ended with it. */
  start(): void {
    const refund = async (): Promise<void> => {
      const reason = restarted('the node that had asked for the job was restarted meanwhile')
      await Promise.all((await this.#modules.escrow.left()).map((hold) => hold.refund(reason)))
    }
    this.#inBackground(refund(), 'not all jobs that a restart ended could be refunded')
  }

  async run(spec: JobSpec, options: RunOptions = {}): Promise<JobResult> {
    if (this.#stopped) throw stopping('this node is being stopped')
    const checked = checkJobSpec(spec)
    const job = options.job ?? JobId.fromBytes(this.#modules.random.bytes(JOB_ID_BYTES))
    if (this.#jobs.has(job)) throw jobExists(`the job ${job} is running already`)
    if (this.#jobs.size >= limits.compute.maxOwnJobs) throw tooManyJobs('too many jobs at once: wait for some to end')
    const stop = new AbortController()
    this.#jobs.set(job, stop)
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
    const say = options.onEvent ?? (() => {})
    const { node: wanted, inputBytes } = options
    const following = this.#follow({ job, spec: checked, wanted, inputBytes, signal, say, failed: new Map() })
    this.#ended.add(following)
    try {
      const result = await following
      say({ kind: 'state', state: result.state, node: result.node, why: result.why })
      return result
    } finally {
      this.#jobs.delete(job)
      this.#ended.delete(following)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    for (const controller of this.#jobs.values()) controller.abort(stopping('this node is being stopped'))
    while (this.#ended.size > 0) await Promise.allSettled(this.#ended)
  }

  async #hold({ job, spec, inputBytes, signal }: Following, node: NodeId): Promise<JobHold> {
    if (signal.aborted) throw cancelled(signal.reason)
    const most = { mostWallTimeMs: spec.limits.wallTimeMs, mostUsage: mostUsage(spec.limits, inputBytes) }
    const wish = { job, node, specHash: jobSpecHash(spec), ...most }
    try {
      return await this.#modules.escrow.hold(wish, signal)
    } catch (error) {
      throw signal.aborted ? cancelled(signal.reason) : error
    }
  }

  /** `stop` waits for it. */
  #inBackground(work: Promise<void>, failure: string): void {
    const ended = work.catch((error: unknown) => this.#modules.logger.warn(failure, { why: messageOf(error) }))
    this.#ended.add(ended)
    ended.finally(() => this.#ended.delete(ended))
  }

  /** Tries one node after another, each paid for by itself. Nobody waits for what becomes of the money afterwards. */
  async #follow(following: Following): Promise<JobResult> {
    const { signal, say, failed } = following
    for (let attempts = 0; attempts < limits.compute.maxAttempts; attempts += 1) {
      const node = await this.#place(following)
      const outcome = await this.#try(following, node)
      if (outcome.kind === 'receipt') return resultOf(outcome)
      if (signal.aborted) return unconfirmed(following.job, node)
      failed.set(node, outcome.why)
      say({ kind: 'restart', why: `${shortId(node)} failed: ${outcome.why}` })
    }
    throw noNodeError([...failed].map(([node, why]) => ({ node, why })))
  }

  async #try(following: Following, node: NodeId): Promise<AttemptOutcome> {
    const { job, spec, inputBytes, signal, say } = following
    const hold = await this.#hold(following, node)
    const refund = (reason: Error): void =>
      this.#inBackground(hold.refund(reason), 'what was set aside for a job could not be refunded')
    if (signal.aborted) {
      refund(cancelled(signal.reason))
      throw cancelled(signal.reason)
    }
    const outcome = await attemptJob(
      { job, node, payer: hold.payer, spec, inputBytes, onEvent: say, signal },
      this.#modules,
    )
    if (outcome.kind === 'receipt') {
      const { receipt, doubts } = outcome
      this.#inBackground(hold.settle({ receipt, doubts }), 'what a job cost could not be settled')
    } else refund(attemptFailed(`${shortId(node)} failed: ${outcome.why}`))
    return outcome
  }

  /** The node to try next; waits while all are full. */
  async #place(following: Following): Promise<NodeId> {
    const { timers, clock } = this.#modules
    const { signal, say } = following
    const startMs = clock.monotonicMs()
    for (;;) {
      if (signal.aborted) throw cancelled(signal.reason)
      const { chosen, anyBusy, excluded } = await this.#search(following)
      if (chosen !== undefined) {
        say({
          kind: 'state',
          state: 'placing',
          node: chosen,
          why: `${shortId(chosen)} is ${following.wanted === undefined ? 'the least busy' : 'the one asked for'}.`,
        })
        return chosen
      }
      if (!anyBusy) throw noNodeError(excluded)
      if (clock.monotonicMs() - startMs >= limits.compute.queueWaitMs) {
        throw allBusy(`every node stayed busy: ${reasons(excluded).join('; ')}. Try again later.`)
      }
      say({ kind: 'state', state: 'placing', node: undefined, why: `Waiting: ${reasons(excluded).join('; ')}.` })
      await timers.sleep(limits.compute.placeRetryMs, signal).catch((reason: unknown) => {
        throw cancelled(reason)
      })
    }
  }

  /** Asks candidates in random order, a few at a time, until some can take the job. */
  async #search({ spec, wanted, failed, signal }: Following): Promise<ReturnType<typeof chooseNode>> {
    const { network } = this.#modules
    const candidates = findCandidates(network.members(), network.self, wanted, failed)
    const excluded: Exclusion[] = [...candidates.excluded]
    const waiting = this.#shuffled(candidates.eligible)
    let anyBusy = false
    while (waiting.length > 0 && !signal.aborted) {
      const probes = await Promise.all(
        waiting.splice(0, limits.compute.maxProbes).map((node) => this.#probe(node, spec)),
      )
      const choice = chooseNode(probes)
      if (choice.chosen !== undefined) return choice
      anyBusy ||= choice.anyBusy
      excluded.push(...choice.excluded)
    }
    if (signal.aborted) throw cancelled(signal.reason)
    return { chosen: undefined, anyBusy, excluded }
  }

  async #probe(node: NodeId, spec: CheckedJobSpec): Promise<Probe> {
    try {
      const timeoutMs = limits.compute.probeTimeoutMs
      const offer = await this.#modules.network.request(node, COMPUTE_OFFER, { limits: spec.limits }, { timeoutMs })
      return offerCheck.Check(offer) ? { node, offer } : { node, failure: 'it answered with something else' }
    } catch (error) {
      return { node, failure: messageOf(error) }
    }
  }

  /** Fisher and Yates. */
  #shuffled(nodes: readonly NodeId[]): NodeId[] {
    const left = [...nodes]
    const order: NodeId[] = []
    while (left.length > 0) order.push(...left.splice(this.#modules.random.below(left.length), 1))
    return order
  }
}

function resultOf({ receipt, doubts }: JobBill): JobResult {
  const { job, node, state, exitCode, why, outputs, wallTimeMs } = receipt
  return { job, node, state, exitCode, why, outputs, wallTimeMs, doubts, receipt }
}

const unconfirmed = (job: JobId, node: NodeId): JobResult => ({
  job,
  node,
  state: 'cancelled',
  exitCode: undefined,
  why: 'The job was cancelled; its node did not confirm, and ends it when the lease runs out.',
  outputs: [],
  wallTimeMs: 0,
  doubts: [],
  receipt: undefined,
})

const cancelled = (reason: unknown) =>
  isBorgError(reason) && reason.code === 'COMPUTE_STOPPING'
    ? reason
    : cancelledEarly('the job was cancelled before a node had taken it', reason)

const reasons = (excluded: readonly Exclusion[]): readonly string[] =>
  excluded.slice(0, limits.compute.maxReasons).map(({ node, why }) => `${shortId(node)}: ${why}`)

function noNodeError(excluded: readonly Exclusion[]) {
  const listed = reasons(excluded)
  const why = listed.length === 0 ? 'no other node is known' : listed.join('; ')
  return noNode(`no node can run this job (${why}). Bring up a node that offers compute, or wait for one.`, undefined, {
    excluded: listed,
  })
}
