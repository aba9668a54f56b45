import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import {
  defaultJobLimits,
  type JobLimits,
  openSandbox,
  type Sandbox,
  type SandboxOptions,
  type SandboxReport,
} from '../../src/index.ts'

const EXAMPLES = fileURLToPath(new URL('../../../../examples', import.meta.url))

/** The compiled program of one of the examples: `npm run setup` builds them. */
export const exampleProgram = (name: 'wordcount' | 'hostile'): Promise<Uint8Array> =>
  readFile(join(EXAMPLES, 'build', `${name}.wasm`))

/** What the native counterpart of the wordcount example prints of a file. */
export function nativeWordCount(path: string): unknown {
  const script = join(EXAMPLES, 'wordcount', 'native.ts')
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', script, path], { encoding: 'utf8' })
  if (stdout === '') throw new Error(`the native count failed: ${stderr}`)
  return JSON.parse(stdout)
}

export interface TrialOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly inputs?: Readonly<Record<string, Uint8Array | string>>
  readonly limits?: Partial<JobLimits>
  readonly signal?: AbortSignal
  readonly onLog?: () => void
}

export interface Trial {
  readonly report: SandboxReport
  readonly stdout: string
  readonly stderr: string
  /** Bytes of log passed on, both streams. */
  readonly logBytes: number
  readonly outputs: Readonly<Record<string, Uint8Array>>
}

/** A sandbox in a temporary folder, for tests: runs programs with small limits and keeps all they say and leave. */
export class SandboxBench {
  readonly folder: string
  readonly sandbox: Sandbox
  #trials = 0

  private constructor(folder: string, sandbox: Sandbox) {
    this.folder = folder
    this.sandbox = sandbox
  }

  static async open(options: Pick<SandboxOptions, 'controlGroupRoot'> = {}): Promise<SandboxBench> {
    const folder = await mkdtemp(join(tmpdir(), 'borgios-sandbox-'))
    const modules = { clock: systemClock, timers: systemTimers, logger: silentLogger }
    return new SandboxBench(folder, await openSandbox({ ...options, folder: join(folder, 'box') }, modules))
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  async run(program: Uint8Array, options: TrialOptions = {}): Promise<Trial> {
    this.#trials += 1
    const folder = join(this.folder, `trial-${this.#trials}`)
    await mkdir(join(folder, 'in'), { recursive: true })
    await writeFile(join(folder, 'program.wasm'), program)
    for (const [name, bytes] of Object.entries(options.inputs ?? {})) await writeFile(join(folder, 'in', name), bytes)
    const logs = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
    const outputs: Record<string, Uint8Array> = {}
    const report = await this.sandbox.run({
      folder,
      args: options.args ?? [],
      env: options.env ?? {},
      limits: { ...defaultJobLimits, ...options.limits },
      signal: options.signal ?? new AbortController().signal,
      onLog: async (stream, bytes) => {
        logs[stream].push(Uint8Array.from(bytes))
        options.onLog?.()
      },
      onEnded: () => {},
      onOutput: async (name, _bytes, content) => {
        const chunks: Uint8Array[] = []
        for await (const chunk of content) chunks.push(Uint8Array.from(chunk))
        outputs[name] = Buffer.concat(chunks)
      },
    })
    const [stdout, stderr] = [Buffer.concat(logs.stdout), Buffer.concat(logs.stderr)]
    const logBytes = stdout.length + stderr.length
    return { report, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), logBytes, outputs }
  }
}
