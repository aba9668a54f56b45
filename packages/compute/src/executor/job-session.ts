import { type BorgError, isBorgError, limits, messageOf } from '@borgios/core'
import type { PeerStream } from '@borgios/peertree'
import type { ExecutorMessage, JobReceipt, JobRequest } from '@borgios/protocol'
import { leaseLost, noSandbox } from '../errors.ts'
import { jobSpecHash } from '../job-spec.ts'
import { Lease } from '../lease.ts'
import { asWhy, requesterMessage } from '../messages.ts'
import { Outbox } from '../outbox.ts'
import type { SandboxReport } from '../sandbox/sandbox.ts'
import { signJobReceipt } from '../statements.ts'
import { mostUsage, usageOf } from '../usage.ts'
import type { ExecutorModules } from './executor-modules.ts'
import { OutputSpool } from './output-spool.ts'
import { FetchFailure, fetchFiles, type Scratch } from './scratch.ts'
import type { SlotGate } from './slot-gate.ts'

export interface JobSessionModules extends ExecutorModules {
  readonly gate: SlotGate
  readonly scratch: Scratch
}

/** How it ended, and what of its use is not known elsewhere. */
type Outcome = Pick<JobReceipt, 'state' | 'exitCode' | 'why'> & Pick<SandboxReport, 'wallTimeMs' | 'cpuMs'>

const NEVER_RAN = { wallTimeMs: 0, cpuMs: 0 }

/** One job on this node, from its request to its receipt. It lives only while the requester's stream does. */
export class JobSession {
  /** Resolves when nothing of the job is left. */
  readonly ended: Promise<void>
  readonly #stream: PeerStream
  readonly #request: JobRequest
  readonly #modules: JobSessionModules
  readonly #outbox: Outbox<ExecutorMessage>
  readonly #lease: Lease
  /** Aborts when the job has to end before its time; the reason says why. */
  readonly #over = new AbortController()
  #outputs: JobReceipt['outputs'] = []
  readonly #end: () => void
  #logSequence = 0
  #logBytes = 0
  #inputBytes = 0
  #cancelled = false
  #isBilled = false

  constructor(stream: PeerStream, request: JobRequest, modules: JobSessionModules) {
    this.#stream = stream
    this.#request = request
    this.#modules = modules
    this.#outbox = new Outbox(stream)
    this.#lease = new Lease(() => this.#detached(this.#outbox.sendIfIdle({ type: 'alive' })), modules)
    this.#lease.signal.addEventListener('abort', () => this.end(this.#lease.signal.reason), { once: true })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#end = resolve
  }

  /** Ends the job before its time. */
  end(reason: BorgError): void {
    this.#over.abort(reason)
  }

  async run(): Promise<void> {
    const { clock, logger } = this.#modules
    const startedAtMs = clock.nowMs()
    this.#detached(this.#listen())
    try {
      const outcome = await this.#attemptAndCleanUp()
      await this.#answer(outcome, startedAtMs)
    } catch (error) {
      logger.debug('a job was not run to its end', { job: this.#request.job, why: messageOf(error) })
      if (!this.#isBilled) this.#modules.earnings?.gaveUp(this.#request.job)
      await this.#refuse(error)
    } finally {
      this.#lease.end()
      this.#end()
    }
  }

  /** Slot and folder are free again before the requester hears of the end. */
  async #attemptAndCleanUp(): Promise<Outcome> {
    const { gate, scratch, logger } = this.#modules
    const { job } = this.#request
    try {
      return await this.#attempt()
    } finally {
      await scratch.remove(job).catch((error: unknown) => {
        logger.warn('the folder of a job could not be removed', { job, why: messageOf(error) })
      })
      gate.leave(job)
    }
  }

  /** Waits for a slot, fetches, runs and stores. Throws where another node may fare better. */
  async #attempt(): Promise<Outcome> {
    const { signal } = this.#over
    try {
      const { job, from, payer, spec } = this.#request
      const { wallTimeMs: mostWallTimeMs } = spec.limits
      await this.#modules.earnings?.expect(
        { job, from, payer, mostWallTimeMs, mostUsage: mostUsage(spec.limits) },
        signal,
      )
      await this.#modules.gate.enter(job, (ahead) => this.#sayState('placing', waitsWhy(ahead)), signal)
      const folder = await this.#modules.scratch.create(job)
      this.#sayState('fetching', 'The node fetches the program and its inputs.')
      this.#inputBytes = await this.#bounded((bound) => fetchFiles(this.#modules.files, spec, folder, bound))
      this.#sayState('running', 'The program runs.')
      const spool = new OutputSpool(folder)
      const report = await this.#runProgram(folder, spool)
      if (report.end !== 'stopped' && report.end !== 'output') await this.#store(spool)
      return this.#judge(report)
    } catch (error) {
      if (this.#cancelled) return { state: 'cancelled', why: 'The job was cancelled.', ...NEVER_RAN }
      if (error instanceof FetchFailure && error.hopeless) {
        return { state: 'failed', why: `${sentence(error.message)} Check the capability.`, ...NEVER_RAN }
      }
      throw error
    }
  }

  #runProgram(folder: string, spool: OutputSpool): Promise<SandboxReport> {
    const { args, env, limits: jobLimits } = this.#request.spec
    return this.#modules.sandbox.run({
      folder,
      args,
      env,
      limits: jobLimits,
      signal: this.#over.signal,
      onLog: (stream, bytes) => this.#log(stream, bytes),
      onEnded: () => this.#sayState('storing', 'The program has ended; its outputs are being stored.'),
      onOutput: (name, bytes, content) => spool.keep(name, bytes, content),
    })
  }

  #log(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    this.#logBytes += bytes.length
    return this.#outbox.send({ type: 'log', sequence: this.#logSequence++, stream }, bytes)
  }

  async #store(spool: OutputSpool): Promise<void> {
    const { files, timers } = this.#modules
    this.#outputs = [...(await this.#bounded((bound) => spool.store(files, timers, bound)))]
  }

  #judge(report: SandboxReport): Outcome {
    if (report.end === 'stopped' && !this.#cancelled) this.#over.signal.throwIfAborted()
    const { wallTimeMs, cpuMs } = report
    if (report.end === 'stopped') return { state: 'cancelled', why: 'The job was cancelled.', wallTimeMs, cpuMs }
    const state = report.end === 'exited' && report.exitCode === 0 ? 'done' : 'failed'
    const { exitCode, why } = report
    return { state, ...(exitCode === undefined ? {} : { exitCode }), why, wallTimeMs, cpuMs }
  }

  async #answer({ wallTimeMs, cpuMs, ...outcome }: Outcome, startedAtMs: number): Promise<void> {
    const { clock, network, networkId, signer } = this.#modules
    const { job, spec } = this.#request
    const outputBytes = this.#outputs.reduce((sum, { bytes }) => sum + bytes, 0)
    const bytes = { inputBytes: this.#inputBytes, outputBytes, logBytes: this.#logBytes }
    const metered = usageOf(spec.limits, { wallTimeMs, cpuMs, ...bytes })
    const receipt = signJobReceipt(signer, {
      ...outcome,
      ...metered,
      why: asWhy(outcome.why),
      network: networkId,
      job,
      node: network.self,
      requester: this.#request.from,
      specHash: jobSpecHash(spec),
      outputs: this.#outputs,
      startedAtMs,
      endedAtMs: clock.nowMs(),
    })
    this.#isBilled = true
    this.#modules.earnings?.ran(job, metered.usage)
    await this.#sayLast({ type: 'result' }, receipt)
  }

  /** Tells the requester, if it is still there, to try another node. */
  async #refuse(error: unknown): Promise<void> {
    if (this.#lease.signal.aborted) {
      this.#stream.abort(isBorgError(error) ? error : noSandbox(messageOf(error)))
      return
    }
    await this.#sayLast({ type: 'refused', why: asWhy(messageOf(error)) }).catch((cause) =>
      this.#stream.abort(leaseLost('the requester left', cause)),
    )
  }

  /** A requester that renews its lease but reads nothing is left alone after a while. */
  async #sayLast(header: ExecutorMessage, payload?: Uint8Array): Promise<void> {
    const late = leaseLost('the requester did not read how its job ended')
    const cancel = this.#modules.timers.after(limits.compute.lastWordMs, () => this.#stream.abort(late))
    try {
      await this.#outbox.send(header, payload)
      await this.#stream.end()
    } finally {
      cancel()
    }
  }

  /** Hears the requester until the stream ends or breaks, which ends the job. */
  async #listen(): Promise<void> {
    for (;;) {
      const message = await this.#stream.receive()
      if (message === undefined) throw leaseLost('the requester has left')
      const { type } = requesterMessage(message.header)
      this.#lease.heard()
      if (type === 'cancel') this.#cancel()
    }
  }

  /** Ends the job because its requester wants it to. Twice is the same as once. */
  #cancel(): void {
    this.#cancelled = true
    this.#over.abort(leaseLost('the job was cancelled'))
  }

  /** Aborts a transfer that takes longer than any may. */
  async #bounded<Result>(transfer: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const late = new AbortController()
    const { maxTransferMs } = limits.compute
    const cancel = this.#modules.timers.after(maxTransferMs, () => late.abort(leaseLost('a transfer took too long')))
    try {
      return await transfer(AbortSignal.any([this.#over.signal, late.signal]))
    } finally {
      cancel()
    }
  }

  #sayState(state: 'placing' | 'fetching' | 'running' | 'storing', why: string): void {
    this.#detached(this.#outbox.send({ type: 'state', state, why }))
  }

  /** A failure of what nobody waits for means that the stream is gone. */
  #detached(task: Promise<void>): void {
    task.catch((cause: unknown) => this.#lease.lose(leaseLost('the stream to the requester broke', cause)))
  }
}

const waitsWhy = (ahead: number): string =>
  ahead === 0
    ? 'All slots of the node are taken; the job is next.'
    : `All slots of the node are taken; ${ahead} jobs are ahead.`

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
