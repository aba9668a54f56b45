import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { type Clock, limits, messageOf, type Timers } from '@borgios/core'
import { sandboxBroken } from '../errors.ts'
import { FD } from './bubblewrap-command.ts'
import type { ControlGroup } from './control-group.ts'
import { LogGate } from './log-gate.ts'
import { type RunnerFrame, readFrames } from './runner-frames.ts'
import type { SandboxReport, SandboxTask } from './sandbox.ts'
import {
  crashVerdict,
  type EndedReport,
  endedVerdict,
  excessVerdict,
  memoryVerdict,
  stoppedVerdict,
  timeVerdict,
  tooMuchOutput,
  type Verdict,
} from './verdicts.ts'
import { watchProcess } from './watch.ts'

export interface SandboxRunModules {
  readonly clock: Clock
  readonly timers: Timers
  readonly command: readonly [string, ...string[]]
  readonly filterPath: string
  readonly controlGroup: ControlGroup | undefined
}

type Frames = AsyncGenerator<RunnerFrame, void, undefined>

/** Node's types know the first five only. */
const pipeOf = (child: ChildProcess, fd: number): Readable | Writable | null | undefined =>
  (child.stdio as readonly (Readable | Writable | null | undefined)[])[fd]

/** One life of a sandbox: start, program, handing over of outputs, end. */
export class SandboxRun {
  readonly #task: SandboxTask
  readonly #modules: SandboxRunModules
  /** Aborts when the process has ended. */
  readonly #over = new AbortController()
  #child: ChildProcess | undefined
  #pid: number | undefined
  #startedMs: number | undefined
  #endedMs: number | undefined
  #ended: EndedReport | undefined
  #complete = false
  /** Set by the first who ended the process on purpose. */
  #verdict: Verdict | undefined
  #stderrStart = ''

  constructor(task: SandboxTask, modules: SandboxRunModules) {
    this.#task = task
    this.#modules = modules
  }

  /** Throws COMPUTE_SANDBOX_BROKEN, or what the task's sinks threw. No process of it is left afterwards. */
  async run(): Promise<SandboxReport> {
    const { signal } = this.#task
    const { timers } = this.#modules
    const onStop = (): void => this.#decide(stoppedVerdict)
    signal.throwIfAborted()
    signal.addEventListener('abort', onStop, { once: true })
    const cancelStart = timers.after(limits.compute.startTimeoutMs, () => {
      if (this.#startedMs === undefined) this.#kill()
    })
    try {
      const verdict = await this.#live()
      return { ...verdict, wallTimeMs: this.#wallTimeMs() }
    } finally {
      this.#kill()
      cancelStart()
      signal.removeEventListener('abort', onStop)
    }
  }

  async #live(): Promise<Verdict> {
    const filter = await open(this.#modules.filterPath, 'r')
    const child = this.#spawn(filter.fd)
    // Listened for before anything is awaited: a child that fails at once would be gone by then.
    const closed = once(child, 'close')
    // When one part fails the process is ended, and with it the other parts. The first failure is the one that is told.
    let failure: unknown
    const guard = async (part: Promise<void>): Promise<void> => {
      try {
        await part
      } catch (error) {
        failure ??= error
        this.#kill()
      }
    }
    const gate = new LogGate(this.#task.limits.logBytes, this.#task.onLog, this.#modules.timers)
    const { signal } = this.#over
    try {
      await Promise.all([
        closed,
        filter.close(),
        guard(this.#openGate(child)),
        guard(gate.drain('stdout', child.stdout as Readable, signal)),
        guard(gate.drain('stderr', this.#programErrors(child.stderr as Readable), signal)),
        guard(this.#follow(readFrames(pipeOf(child, FD.report) as Readable))),
      ])
    } catch (cause) {
      throw sandboxBroken(`the sandbox could not be started: ${messageOf(cause)}`, cause)
    } finally {
      this.#over.abort()
    }
    if (this.#verdict !== undefined) return this.#verdict
    if (failure !== undefined) throw failure
    return this.#conclude()
  }

  #spawn(filterFd: number): ChildProcess {
    const [program, ...args] = this.#modules.command
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', filterFd, 'pipe', 'pipe'],
      env: {},
      cwd: '/',
    })
    this.#child = child
    if (this.#verdict !== undefined) this.#kill()
    // A child that ends early breaks its pipes; how it ended says more.
    for (const stream of child.stdio) stream?.on('error', () => {})
    return child
  }

  /** Puts the waiting child into its control group, then lets it go on. */
  async #openGate(child: ChildProcess): Promise<void> {
    let text = ''
    for await (const chunk of pipeOf(child, FD.info) as Readable) text += String(chunk)
    const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1]
    if (pid === undefined) return
    this.#pid = Number(pid)
    await this.#modules.controlGroup?.add(this.#pid)
    const gate = pipeOf(child, FD.gate) as Writable
    gate.end('1')
  }

  /** stderr is bubblewrap's or Node's own until the program starts: kept to explain a failure. */
  async *#programErrors(stderr: Readable): AsyncGenerator<Uint8Array> {
    for await (const chunk of stderr) {
      if (this.#stderrStart.length < limits.compute.maxSandboxErrorBytes) this.#stderrStart += String(chunk)
      if (this.#startedMs !== undefined) yield chunk
    }
  }

  async #follow(frames: Frames): Promise<void> {
    for (let frame = await this.#next(frames); frame !== undefined; frame = await this.#next(frames)) {
      if (frame.kind === 'data') throw sandboxBroken('the sandbox sent bytes of no file')
      const { report } = frame
      if (report.type === 'started') this.#onStarted()
      else if (report.type === 'ended') this.#onEnded(report)
      else if (report.type === 'file') await this.#take(report.name, report.bytes, frames)
      else this.#complete = true
    }
  }

  /** The next frame. A sandbox that stalls after its program's end is ended. */
  async #next(frames: Frames): Promise<RunnerFrame | undefined> {
    const { timers } = this.#modules
    const stallMs = limits.compute.handOverStallMs
    const cancel = this.#ended === undefined ? undefined : timers.after(stallMs, () => this.#kill())
    const { value } = await frames.next()
    cancel?.()
    return value ?? undefined
  }

  #onStarted(): void {
    if (this.#startedMs !== undefined || this.#pid === undefined) throw sandboxBroken('the sandbox started out of turn')
    this.#startedMs = this.#modules.clock.monotonicMs()
    const { signal } = this.#over
    const { timers } = this.#modules
    const jobLimits = this.#task.limits
    const cancelTime = timers.after(jobLimits.wallTimeMs, () => {
      if (this.#ended === undefined) this.#decide(timeVerdict(jobLimits))
    })
    signal.addEventListener('abort', cancelTime, { once: true })
    void watchProcess(this.#pid, jobLimits.memoryBytes, timers, signal).then((excess) => {
      if (excess !== undefined && this.#ended === undefined) this.#decide(excessVerdict(excess, jobLimits))
    })
  }

  #onEnded(ended: EndedReport): void {
    if (this.#startedMs === undefined || this.#ended !== undefined) throw sandboxBroken('the sandbox ended out of turn')
    this.#ended = ended
    this.#endedMs = this.#modules.clock.monotonicMs()
    const verdict = tooMuchOutput(ended, this.#task.limits)
    if (verdict === undefined) this.#task.onEnded()
    else this.#decide(verdict)
  }

  /** Hands one announced file to the sink, which must read all of it. */
  async #take(name: string, bytes: number, frames: Frames): Promise<void> {
    if (this.#ended === undefined || this.#complete) throw sandboxBroken('the sandbox handed over a file out of turn')
    let leftBytes = bytes
    const next = (): Promise<RunnerFrame | undefined> => this.#next(frames)
    async function* content(): AsyncGenerator<Uint8Array> {
      while (leftBytes > 0) {
        const frame = await next()
        if (frame?.kind !== 'data') throw sandboxBroken('an output ended early')
        leftBytes -= frame.bytes.length
        if (leftBytes < 0) throw sandboxBroken('an output is longer than announced')
        yield frame.bytes
      }
    }
    await this.#task.onOutput(name, bytes, content())
    if (leftBytes > 0) throw sandboxBroken('an output was not read to its end')
  }

  /** The process ended and nobody had decided that it should. */
  async #conclude(): Promise<Verdict> {
    const jobLimits = this.#task.limits
    if (this.#ended !== undefined && this.#complete) return endedVerdict(this.#ended, jobLimits)
    if (await this.#modules.controlGroup?.ranOutOfMemory()) return memoryVerdict(jobLimits)
    if (this.#ended !== undefined) throw sandboxBroken('the sandbox died or stalled while it handed over outputs')
    if (this.#startedMs !== undefined) return crashVerdict(this.#stderrStart, jobLimits)
    throw sandboxBroken(`the sandbox did not start: ${this.#stderrStart.trim() || 'it said nothing'}`)
  }

  /** The first verdict counts. */
  #decide(verdict: Verdict): void {
    this.#verdict ??= verdict
    this.#kill()
  }

  /** bubblewrap's child is told by the kernel to die with it, and with that one every process of its namespace. */
  #kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #wallTimeMs(): number {
    if (this.#startedMs === undefined) return 0
    return (this.#endedMs ?? this.#modules.clock.monotonicMs()) - this.#startedMs
  }
}
