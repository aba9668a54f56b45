import { type JobId, type JsonValue, limits, messageOf } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'
import {
  COMPUTE_OFFER,
  COMPUTE_PROTOCOL,
  ComputeAskSchema,
  type ComputeOffer,
  type JobRequest,
} from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { badMessage, stopping } from '../errors.ts'
import type { ComputeStatus, JobLimits } from '../job.ts'
import { checkJobSpec, overLimit } from '../job-spec.ts'
import { asWhy, requesterMessage } from '../messages.ts'
import { openJobRequest } from '../statements.ts'
import type { ExecutorModules } from './executor-modules.ts'
import { JobSession } from './job-session.ts'
import { Scratch } from './scratch.ts'
import { SlotGate } from './slot-gate.ts'

const askCheck = Compile(ComputeAskSchema)

export interface ExecutorOptions {
  /** Scratch folder: nothing else may live there. */
  readonly folder: string
  readonly slots: number
  /** What one job may use here. */
  readonly maxLimits: JobLimits
}

/** Runs jobs for other members. */
export class Executor {
  readonly #options: ExecutorOptions
  readonly #modules: ExecutorModules
  readonly #gate: SlotGate
  readonly #scratch: Scratch
  /** Why the scratch folder cannot be used, once that is known; never rejects. */
  readonly #scratchFailure: Promise<string | undefined>
  readonly #sessions = new Map<JobId, JobSession>()
  #stopping = false

  constructor(options: ExecutorOptions, modules: ExecutorModules) {
    this.#options = options
    this.#modules = modules
    this.#gate = new SlotGate(options.slots, modules.timers)
    this.#scratch = new Scratch(options.folder)
    this.#scratchFailure = this.#scratch.clear().then(() => undefined, messageOf)
    modules.network.handle(COMPUTE_OFFER, (body) => this.#offer(body))
    modules.network.handleStream(COMPUTE_PROTOCOL, (stream) => this.#serve(stream))
  }

  status(): ComputeStatus {
    const { sandbox } = this.#modules
    const { running, queued, slots } = this.#gate.state
    return {
      runningJobs: running.length,
      queuedJobs: queued.length,
      jobSlots: sandbox.unavailableWhy === undefined ? slots : 0,
      memoryGuard: sandbox.memoryGuard,
      unavailableWhy: sandbox.unavailableWhy,
    }
  }

  /** Ends every job; their requesters are told and try elsewhere. */
  async stop(): Promise<void> {
    this.#stopping = true
    const sessions = [...this.#sessions.values()]
    for (const session of sessions) session.end(stopping('the node that ran the job is being stopped'))
    await Promise.all(sessions.map((session) => session.ended))
    await this.#scratchFailure
  }

  #offer(ask: JsonValue): ComputeOffer {
    if (!askCheck.Check(ask)) throw badMessage('an unknown question about how busy this node is')
    const { running, queued, slots, maxQueued } = this.#gate.state
    const why = this.#unavailableWhy(ask.limits)
    const load = { slots, running: running.length, queued: queued.length, queueSlots: maxQueued }
    return why === undefined ? load : { ...load, unavailableWhy: asWhy(why) }
  }

  /** Why no job runs here, or none that asks for this much. */
  #unavailableWhy(asked: JobLimits | undefined): string | undefined {
    if (this.#stopping) return 'the node is being stopped'
    const { unavailableWhy } = this.#modules.sandbox
    if (unavailableWhy !== undefined) return unavailableWhy
    if (this.#options.slots === 0) return 'the node lends no slots to jobs'
    return asked === undefined ? undefined : overLimit(asked, this.#options.maxLimits, 'this node')
  }

  async #serve(stream: PeerStream): Promise<void> {
    const request = await this.#readRequest(stream)
    // From the check to the registration in one turn: of two requests with one id only one may pass.
    const why = (await this.#scratchFailure) ?? this.#reasonToRefuse(request)
    if (why !== undefined) {
      await stream.send({ header: { type: 'refused', why: asWhy(why) }, payload: new Uint8Array(0) })
      await stream.end()
      return
    }
    const session = new JobSession(stream, request, { ...this.#modules, gate: this.#gate, scratch: this.#scratch })
    this.#sessions.set(request.job, session)
    try {
      await session.run()
    } finally {
      this.#sessions.delete(request.job)
    }
  }

  /** Hostile until checked: what is wrong breaks the stream with an error. */
  async #readRequest(stream: PeerStream): Promise<JobRequest> {
    const { timers, ed25519, networkId, network, clock } = this.#modules
    const cancel = timers.after(limits.compute.requestWaitMs, () => stream.abort(badMessage('no job request came')))
    try {
      const message = await stream.receive()
      if (message === undefined) throw badMessage('the stream ended before a job request came')
      if (requesterMessage(message.header).type !== 'run')
        throw badMessage('the stream does not begin with a job request')
      return openJobRequest(message.payload, {
        ed25519,
        network: networkId,
        self: network.self,
        from: stream.remote.node,
        nowMs: clock.nowMs(),
      })
    } finally {
      cancel()
    }
  }

  #reasonToRefuse({ job, spec }: JobRequest): string | undefined {
    const unavailable = this.#unavailableWhy(spec.limits)
    if (unavailable !== undefined) return unavailable
    try {
      checkJobSpec(spec)
    } catch (error) {
      return messageOf(error)
    }
    return this.#sessions.has(job) ? 'a job of this id is running already' : undefined
  }
}
