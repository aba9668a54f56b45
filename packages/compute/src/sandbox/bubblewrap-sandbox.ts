import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clock, isBorgError, type Logger, limits, messageOf, type Timers } from '@borgios/core'
import { sandboxBroken } from '../errors.ts'
import { defaultJobLimits } from '../job-spec.ts'
import { bubblewrapCommand, type SandboxPrograms, wasmMemoryBytes } from './bubblewrap-command.ts'
import { type ControlGroup, type ControlGroups, openControlGroups } from './control-group.ts'
import type { Sandbox, SandboxReport, SandboxTask } from './sandbox.ts'
import { SandboxRun } from './sandbox-run.ts'
import { assembleSeccompFilter, type SandboxArchitecture } from './seccomp-filter.ts'
import { sharedLibraries } from './shared-libraries.ts'

export interface SandboxOptions {
  /** A private folder of this sandbox; made if missing. */
  readonly folder: string
  /** Where the kernel's control groups are mounted. Defaults to /sys/fs/cgroup. */
  readonly controlGroupRoot?: string
  /** Where bubblewrap and prlimit are looked for. Defaults to the system's folders. */
  readonly programFolders?: readonly string[]
}

export interface SandboxModules {
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin']
const RUNNER = fileURLToPath(new URL('./runner.mjs', import.meta.url))

/** `(module (memory (export "memory") 1) (func (export "_start")))` */
const TRIVIAL_PROGRAM = Uint8Array.from(
  '0061736d01000000010401600000030201000503010001071302065f73746172740000066d656d6f727902000a040102000b'.match(/../g) ??
    [],
  (byte) => Number.parseInt(byte, 16),
)

/**
 * Opens the sandbox of this machine and proves it by running a program in it. Never throws for what the machine lacks: then
 * `unavailableWhy` says what, and `run` throws COMPUTE_SANDBOX_BROKEN.
 */
export async function openSandbox(options: SandboxOptions, modules: SandboxModules): Promise<Sandbox> {
  try {
    const sandbox = await BubblewrapSandbox.open(options, modules)
    await probe(sandbox, options.folder)
    return sandbox
  } catch (error) {
    const unavailableWhy = remedy(
      isBorgError(error) ? error.message : `the sandbox cannot be set up: ${messageOf(error)}`,
    )
    modules.logger.warn('this node cannot run jobs', { why: unavailableWhy })
    return {
      unavailableWhy,
      memoryGuard: 'none',
      run: () => Promise.reject(sandboxBroken(unavailableWhy)),
    }
  }
}

class BubblewrapSandbox implements Sandbox {
  readonly unavailableWhy = undefined
  readonly memoryGuard: string
  readonly #programs: SandboxPrograms
  readonly #filterPath: string
  readonly #controlGroups: ControlGroups | undefined
  readonly #modules: SandboxModules

  private constructor(
    programs: SandboxPrograms,
    filterPath: string,
    controlGroups: ControlGroups | undefined,
    modules: SandboxModules,
  ) {
    this.#programs = programs
    this.#filterPath = filterPath
    this.#controlGroups = controlGroups
    this.#modules = modules
    const polling = 'limits of V8 and polling'
    this.memoryGuard = controlGroups === undefined ? polling : `${controlGroups.version}, ${polling}`
  }

  static async open(options: SandboxOptions, modules: SandboxModules): Promise<BubblewrapSandbox> {
    const { platform, arch } = process
    if (platform !== 'linux' || !isSandboxArchitecture(arch)) {
      throw sandboxBroken(`jobs need Linux on x64 or arm64, this is ${platform} on ${arch}`)
    }
    const folders = options.programFolders ?? SYSTEM_FOLDERS
    const programs: SandboxPrograms = {
      bubblewrap: await findProgram('bwrap', folders, 'bubblewrap'),
      prlimit: await findProgram('prlimit', folders, 'util-linux'),
      node: process.execPath,
      libraries: await sharedLibraries(process.execPath),
      runner: RUNNER,
    }
    await mkdir(options.folder, { recursive: true, mode: 0o700 })
    const filterPath = join(options.folder, 'seccomp.bpf')
    await writeFile(filterPath, assembleSeccompFilter(arch), { mode: 0o600 })
    const controlGroups = await openControlGroups(options.controlGroupRoot ?? '/sys/fs/cgroup')
    return new BubblewrapSandbox(programs, filterPath, controlGroups, modules)
  }

  async run(task: SandboxTask): Promise<SandboxReport> {
    const { args, env, limits: jobLimits } = task
    const runnerTask = {
      args: ['program', ...args],
      env,
      wasmMemoryBytes: wasmMemoryBytes(jobLimits),
      maxOutputFiles: limits.compute.maxOutputFiles,
      maxOutputNameChars: limits.compute.maxOutputNameChars,
    }
    await writeFile(join(task.folder, 'task.json'), JSON.stringify(runnerTask), { mode: 0o600 })
    // Outputs lie in memory, so the group's limit is what program and outputs may use together.
    const controlGroup = await this.#controlGroups?.create(jobLimits.memoryBytes + jobLimits.outputBytes)
    try {
      const command = bubblewrapCommand(this.#programs, task.folder, jobLimits)
      const { clock, timers } = this.#modules
      return await new SandboxRun(task, { clock, timers, command, filterPath: this.#filterPath, controlGroup }).run()
    } finally {
      if (controlGroup !== undefined) await this.#remove(controlGroup)
    }
  }

  /** The kernel lets go of a group some moments after its last process has ended. */
  async #remove(group: ControlGroup): Promise<void> {
    const { timers, logger } = this.#modules
    for (let triesLeft: number = limits.compute.groupRemoveTries; triesLeft > 0; triesLeft -= 1) {
      try {
        return await group.remove()
      } catch (error) {
        if (triesLeft === 1) logger.warn('a control group could not be removed', { why: messageOf(error) })
        else await timers.sleep(limits.compute.groupRemoveMs)
      }
    }
  }
}

const isSandboxArchitecture = (arch: string): arch is SandboxArchitecture => arch === 'x64' || arch === 'arm64'

async function findProgram(name: string, folders: readonly string[], debianPackage: string): Promise<string> {
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      await access(path)
      return path
    } catch {}
  }
  throw sandboxBroken(`the program ${name} is missing: install it, e.g. with "apt install ${debianPackage}"`)
}

/** Runs a program that does nothing. Throws COMPUTE_SANDBOX_BROKEN with what bubblewrap said if that is not possible. */
async function probe(sandbox: Sandbox, parent: string): Promise<void> {
  const folder = join(parent, 'probe')
  try {
    await mkdir(join(folder, 'in'), { recursive: true, mode: 0o700 })
    await writeFile(join(folder, 'program.wasm'), TRIVIAL_PROGRAM)
    const report = await sandbox.run({
      folder,
      args: [],
      env: {},
      limits: defaultJobLimits,
      signal: new AbortController().signal,
      onLog: async () => {},
      onEnded: () => {},
      onOutput: async () => {},
    })
    if (report.exitCode !== 0) throw sandboxBroken(`a trial program did not run: ${report.why}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Adds what to do where bubblewrap's words are known ones. */
function remedy(why: string): string {
  if (!/bwrap: .*(namespace|uid map|not permitted|permission)/is.test(why)) return why
  return (
    `${why}. Unprivileged user namespaces seem to be switched off: enable them with ` +
    '"sysctl -w kernel.unprivileged_userns_clone=1" (Debian), "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" ' +
    '(Ubuntu) or, in a container, allow it to create user namespaces.'
  )
}
