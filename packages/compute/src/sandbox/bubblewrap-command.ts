import { limits } from '@borgios/core'
import type { JobLimits } from '../job.ts'

/** File descriptors the child is started with, beyond stdin, stdout and stderr. */
export const FD = {
  /** The runner's frames, from inside. */
  report: 3,
  /** The seccomp filter, read by bubblewrap. */
  filter: 4,
  /** bubblewrap waits for a byte here before it goes on, so that the child can be put into its control group first. */
  gate: 5,
  /** bubblewrap tells the child's process id here. */
  info: 6,
} as const

/** The user and group a program sees itself as: nobody and nogroup. */
const NOBODY_ID = '65534'
const WASM_PAGE_BYTES = 65_536
const MIB = 1024 * 1024

export interface SandboxPrograms {
  /** Absolute paths on this machine. */
  readonly prlimit: string
  readonly bubblewrap: string
  readonly node: string
  /** Libraries the Node binary is linked with, and the dynamic loader. */
  readonly libraries: readonly string[]
  readonly runner: string
}

/** The most linear memory a program may have: the job's less what the runtime needs. */
export const wasmMemoryBytes = (jobLimits: JobLimits): number =>
  jobLimits.memoryBytes - limits.compute.runtimeMemoryBytes

/**
 * The command that runs `runner` in the sandbox: new user, process, network, IPC, host-name and control-group namespaces, no
 * capabilities, an empty environment, and a file system of nothing but what is named here. Everything is read-only but /out, which
 * lies in memory and has a fixed size. Returned as program and arguments; no shell is involved.
 */
export function bubblewrapCommand(
  programs: SandboxPrograms,
  folder: string,
  jobLimits: JobLimits,
): readonly [string, ...string[]] {
  return [
    programs.prlimit,
    '--core=0',
    `--nofile=${limits.compute.maxOpenFiles}`,
    programs.bubblewrap,
    ...['--unshare-all', '--die-with-parent', '--new-session', '--as-pid-1', '--clearenv'],
    ...['--cap-drop', 'ALL', '--uid', NOBODY_ID, '--gid', NOBODY_ID, '--hostname', 'job'],
    ...programs.libraries.flatMap((path) => ['--ro-bind', path, path]),
    ...['--ro-bind', programs.node, '/node'],
    ...['--ro-bind', programs.runner, '/runner.mjs'],
    ...['--ro-bind', `${folder}/task.json`, '/task.json'],
    ...['--ro-bind', `${folder}/program.wasm`, '/program.wasm'],
    ...['--ro-bind', `${folder}/in`, '/in'],
    ...['--size', String(jobLimits.outputBytes), '--tmpfs', '/out'],
    ...['--remount-ro', '/', '--chdir', '/'],
    ...['--seccomp', String(FD.filter), '--block-fd', String(FD.gate), '--info-fd', String(FD.info)],
    '/node',
    ...nodeFlags(jobLimits),
    '/runner.mjs',
  ]
}

const nodeFlags = (jobLimits: JobLimits): readonly string[] => [
  '--no-warnings',
  `--max-old-space-size=${limits.compute.runtimeHeapBytes / MIB}`,
  `--wasm-max-mem-pages=${Math.floor(wasmMemoryBytes(jobLimits) / WASM_PAGE_BYTES)}`,
  // One thread that compiles is enough for one program, and keeps a job to about one core.
  '--v8-pool-size=1',
]
