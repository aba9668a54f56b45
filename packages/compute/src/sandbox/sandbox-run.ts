import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { type Clock, limits, messageOf, type Timers } from '@borgios/core'
import { logNotTaken, sandboxBroken } from '../errors.ts'
import { FD } from './bubblewrap-command.ts'
import type { ControlGroup } from './control-group.ts'
import { CpuMeter } from './cpu-meter.ts'
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
import { lookAt, watchProcess } from './watch.ts'

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

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** One life of a sandbox: start, program, handing over of outputs, end. */
export class SandboxRun {
  readonly #task: SandboxTask
  readonly #modules: SandboxRunModules
  /** Aborts when nothing of it matters any more: the process has ended and its log is taken, or nobody takes it. */
  readonly #over = new AbortController()
  #child: ChildProcess | undefined
  /** Of the first process inside. */
  #pid: number | undefined
  /** Whether bubblewrap has said all it will about that process. */
  #knowsPid = false
  #doomed = false
  #gaveUp = false
  #startedMs: number | undefined
  /** Since the program started. */
  #cpu: CpuMeter | undefined
  #endedMs: number | undefined
  #ended: EndedReport | undefined
  /** What was announced at the end and has not been handed over yet. */
  #leftFiles = 0
  #leftBytes = 0
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
    const onStop = (): void => {
      this.#decide(stoppedVerdict)
      this.#over.abort()
    }
    if (signal.aborted) return { ...stoppedVerdict, wallTimeMs: 0, cpuMs: 0 }
    signal.addEventListener('abort', onStop, { once: true })
    const cancelStart = timers.after(limits.compute.startTimeoutMs, () => {
      if (this.#startedMs === undefined) this.#giveUpStart()
    })
    try {
      const verdict = await this.#live()
      // A control group still knows what a process used that has ended by itself.
      this.#meterCpu()
      return { ...verdict, wallTimeMs: this.#wallTimeMs(), cpuMs: this.#cpu?.usedMs ?? 0 }
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
    child.once('exit', () => this.#boundDrain())
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
    // A start that was given up broke its pipes: that is no cause.
    if (failure !== undefined && !this.#gaveUp) throw failure
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
    // A child that ends early breaks its pipes; how it ended says more.
    for (const stream of child.stdio) stream?.on('error', () => {})
    if (this.#doomed) this.#kill()
    return child
  }

  /** The program holds still while its log is not taken; a process that has ended waits for that only so long. */
  #boundDrain(): void {
    const { signal } = this.#over
    const { timers } = this.#modules
    const late = logNotTaken('what the program printed last was not taken in time')
    const cancel = timers.after(limits.compute.logDrainMs, () => this.#over.abort(late))
    signal.addEventListener('abort', cancel, { once: true })
  }

  /** Puts the waiting child into its control group, then lets it go on. */
  async #openGate(child: ChildProcess): Promise<void> {
    let text = ''
    for await (const chunk of pipeOf(child, FD.info) as Readable) {
      text += String(chunk)
      // At once: a bubblewrap that hangs says no more, yet that process must be ended, too.
      const pid = /"child-pid":\s*(\d+)\D/.exec(text)?.[1]
      if (pid !== undefined) this.#pid = Number(pid)
    }
    this.#knowsPid = true
    if (this.#doomed) this.#kill()
    if (this.#doomed || this.#pid === undefined) return
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

  /** Until all is handed over: what comes after that is not read. */
  async #follow(frames: Frames): Promise<void> {
    for await (const frame of frames) {
      if (frame.kind === 'data') throw sandboxBroken('the sandbox sent bytes of no file')
      const { report } = frame
      if (report.type === 'started') this.#onStarted()
      else if (report.type === 'ended') this.#onEnded(report)
      else if (report.type === 'file') await this.#take(report.name, report.bytes, frames)
      else return this.#onComplete()
    }
  }

  #onStarted(): void {
    if (this.#startedMs !== undefined || this.#pid === undefined) throw sandboxBroken('the sandbox started out of turn')
    this.#startedMs = this.#modules.clock.monotonicMs()
    this.#cpu = new CpuMeter(this.#pid, () => this.#modules.controlGroup?.cpuMs())
    const { signal } = this.#over
    const { timers } = this.#modules
    const jobLimits = this.#task.limits
    const cancelTime = timers.after(jobLimits.wallTimeMs, () => {
      if (this.#ended === undefined) this.#decide(timeVerdict(jobLimits))
    })
    signal.addEventListener('abort', cancelTime, { once: true })
    const look = (pid: number): ReturnType<typeof lookAt> => {
      this.#meterCpu()
      return lookAt(pid)
    }
    void watchProcess(this.#pid, jobLimits.memoryBytes, timers, signal, look).then((excess) => {
      if (excess !== undefined && !this.#complete) this.#decide(excessVerdict(excess, jobLimits))
    })
  }

  #onEnded(ended: EndedReport): void {
    if (this.#startedMs === undefined || this.#ended !== undefined) throw sandboxBroken('the sandbox ended out of turn')
    this.#meterCpu()
    this.#ended = ended
    this.#endedMs = this.#modules.clock.monotonicMs()
    this.#leftFiles = ended.outputFiles
    this.#leftBytes = ended.outputBytes
    const cancelHandOver = this.#modules.timers.after(limits.compute.handOverMs, () => this.#kill())
    this.#over.signal.addEventListener('abort', cancelHandOver, { once: true })
    const verdict = tooMuchOutput(ended, this.#task.limits)
    if (verdict === undefined) this.#task.onEnded()
    else this.#decide(verdict)
  }

  /** The sandbox has nothing left to do, so it is ended. */
  #onComplete(): void {
    if (this.#ended === undefined || this.#leftFiles > 0 || this.#leftBytes > 0) {
      throw sandboxBroken('the sandbox handed over less than announced')
    }
    this.#complete = true
    this.#kill()
  }

  /** Hands one announced file to the sink, which must read all of it. */
  async #take(name: string, bytes: number, frames: Frames): Promise<void> {
    if (this.#ended === undefined) throw sandboxBroken('the sandbox handed over a file out of turn')
    this.#leftFiles -= 1
    this.#leftBytes -= bytes
    if (this.#leftFiles < 0 || this.#leftBytes < 0) throw sandboxBroken('the sandbox hands over more than announced')
    let leftBytes = bytes
    async function* content(): AsyncGenerator<Uint8Array> {
      while (leftBytes > 0) {
        const { value: frame } = await frames.next()
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
    this.#meterCpu()
    this.#kill()
  }

  /**
   * Ends the first process inside, and with it every one of its namespace, and then bubblewrap. That process asks the kernel to die with
   * bubblewrap only late in its life: one whose bubblewrap is killed before that would live on. So its id must be known first.
   */
  #kill(): void {
    this.#doomed = true
    const child = this.#child
    if (child === undefined || !this.#knowsPid || child.exitCode !== null || child.signalCode !== null) return
    if (this.#pid !== undefined) killProcess(this.#pid)
    child.kill('SIGKILL')
  }

  /** Whatever bubblewrap has said of the first process by now must do; one that nobody knows of must not hold the pipes open. */
  #giveUpStart(): void {
    this.#gaveUp = true
    this.#knowsPid = true
    this.#kill()
    for (const stream of this.#child?.stdio ?? []) stream?.destroy()
  }

  /** Handing outputs over is the sandbox's own work. */
  #meterCpu(): void {
    if (this.#ended === undefined) this.#cpu?.look()
  }

  #wallTimeMs(): number {
    if (this.#startedMs === undefined) return 0
    return (this.#endedMs ?? this.#modules.clock.monotonicMs()) - this.#startedMs
  }
}
