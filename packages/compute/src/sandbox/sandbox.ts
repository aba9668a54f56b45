import type { JobLimits } from '../job.ts'

/** One run of a program. Its files lie in `folder`: `program.wasm`, and the inputs in `in/`. */
export interface SandboxTask {
  /** Absolute path of a private folder, which the sandbox may add to. */
  readonly folder: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly limits: JobLimits
  /** Ends it at once. */
  readonly signal: AbortSignal
  /**
   * The program holds still while this is pending; `limits.compute.logDrainMs` after its process has ended it is not waited for any more.
   * Called with at most `limits.logBytes` in all, and one note of truncation.
   */
  onLog(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>
  /** The program has ended; outputs follow. */
  onEnded(): void
  /** A file the program left. `content` yields exactly `bytes` bytes or throws; it must be read to its end. */
  onOutput(name: string, bytes: number, content: AsyncIterable<Uint8Array>): Promise<void>
}

/**
 * How a run ended: by itself with an exit code, in a trap, never run as the module is unusable, at the limit of time, memory or
 * output, or stopped by the signal.
 */
export type SandboxEnd = 'exited' | 'trapped' | 'unusable' | 'time' | 'memory' | 'output' | 'stopped'

export interface SandboxReport {
  readonly end: SandboxEnd
  /** The program's own; 134 for a trap, 124 for time, 137 for memory; undefined where it never ran or was stopped. */
  readonly exitCode: number | undefined
  /** A sentence for people: what happened and what to do. */
  readonly why: string
  /** From the program's start to its end. */
  readonly wallTimeMs: number
  /** Of all its threads in that time, user and system. */
  readonly cpuMs: number
}

export interface Sandbox {
  /** Why no program can run here and what to do; undefined when they can. */
  readonly unavailableWhy: string | undefined
  /** What holds programs to their memory, e.g. `cgroup v2 and polling`. */
  readonly memoryGuard: string
  /** Runs one program. Throws COMPUTE_SANDBOX_BROKEN when the sandbox, not the program, failed, and COMPUTE_LOG_NOT_TAKEN. */
  run(task: SandboxTask): Promise<SandboxReport>
}
