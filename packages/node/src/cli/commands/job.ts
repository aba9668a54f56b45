import { basename } from 'node:path'
import { decodeBase64Url, formatBytes, formatDuration, limits, shortId } from '@borgios/core'
import { type DaemonEvent, type JobRecord, JobSpecSchema, type JobSubmission } from '@borgios/protocol'
import { Compile } from 'typebox/schema'
import { formatTime } from '../../adapters/index.ts'
import type { DaemonClient } from '../../client/daemon-client.ts'
import { isFinal } from '../../daemon/job-book.ts'
import { daemonBrokeOff, usageError } from '../../errors.ts'
import { type CliContext, daemonOf, nextCommand, showResult } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { assertProgram, readableSize } from '../local-file.ts'
import { safeLine, safeLog } from '../safe-text.ts'
import { tableLines } from '../table.ts'
import { putFile } from './file.ts'

export interface JobRunOptions {
  readonly input?: readonly string[]
  readonly env?: readonly string[]
  /** Such as `3+2`: of what is stored first. */
  readonly coding?: string
  readonly memory?: number
  readonly timeout?: number
  readonly outputLimit?: number
  readonly logLimit?: number
  readonly node?: string
  readonly name?: string
  readonly detach?: boolean
  readonly passExitCode?: boolean
}

const INPUT_NAME = Compile(JobSpecSchema.properties.inputs.items.properties.name)

/** Runs a program on another node and shows what it prints as it prints it. */
export async function run(
  context: CliContext,
  program: string,
  args: readonly string[],
  options: JobRunOptions,
): Promise<void> {
  context.ifStopped('no job was started')
  const inputs = (options.input ?? []).map((text) => pair(text, '--input', 'NAME=FILE-OR-CAPABILITY'))
  assertInputNames(inputs.map(([name]) => name))
  const env = Object.fromEntries((options.env ?? []).map((text) => pair(text, '--env', 'NAME=VALUE')))
  // What is missing here is better said before anything is stored.
  if (!isCapability(program)) await assertProgram(program)
  for (const [, file] of inputs) if (!isCapability(file)) await readableSize(file)
  const daemon = await daemonOf(context)
  const request: JobSubmission = {
    name: (options.name ?? (isCapability(program) ? 'job' : basename(program))).slice(0, limits.node.maxNameChars),
    program: await capabilityOf(context, daemon, program, options.coding),
    args: [...args],
    env,
    inputs: [],
    limits: limitsOf(options),
    node: options.node ?? null,
    detach: options.detach === true,
  }
  for (const [name, file] of inputs)
    request.inputs.push({ name, capability: await capabilityOf(context, daemon, file, options.coding) })
  const printer = new JobPrinter(context, false)
  for await (const event of daemon.run(request)) {
    if (event.event === 'accepted') context.ifStopped(`the job ${shortId(event.job)} is cancelled`)
    if (event.event === 'accepted' && request.detach) {
      await showResult(context, { job: event.job }, () => [event.job])
      if (!context.json)
        context.terminal.note(`Watch it: ${nextCommand(context, `job logs --follow ${shortId(event.job)}`)}`)
      return
    }
    const record = await printer.take(event)
    if (record !== undefined) {
      context.exitWith(jobExitCode(record, options.passExitCode === true))
      await showEnd(context, record)
      if (record.state === 'failed' && record.node === null) await noteWhyNone(context, daemon)
      return
    }
  }
  throw daemonBrokeOff('the daemon ended without saying what became of the job. "borgios job ls" may know')
}

function limitsOf({ memory, timeout, outputLimit, logLimit }: JobRunOptions): JobSubmission['limits'] {
  return {
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(timeout === undefined ? {} : { wallTimeMs: timeout }),
    ...(outputLimit === undefined ? {} : { outputBytes: outputLimit }),
    ...(logLimit === undefined ? {} : { logBytes: logLimit }),
  }
}

function pair(text: string, option: string, shape: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw usageError(`${option} takes ${shape}, not "${text}"`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Throws NODE_USAGE for names that cannot stand under /in. */
function assertInputNames(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) throw usageError(`two inputs have the name "${name}": give each its own`)
    if (INPUT_NAME.Check(name)) continue
    throw usageError(
      `"${name}" cannot be the name of an input: it is one file under /in, named with letters, digits and . _ + @ = , -`,
    )
  }
}

/** What a capability begins with; a file whose name begins so is meant by `./borgios-file-...`. */
const isCapability = (text: string): boolean => text.startsWith('borgios-file-')

/** A file of this machine is stored first. */
async function capabilityOf(
  context: CliContext,
  daemon: DaemonClient,
  text: string,
  coding: string | undefined,
): Promise<string> {
  if (isCapability(text)) return text
  // What stopping means for the job is what counts.
  const quiet = { ...context, ifStopped: () => {} }
  return (await putFile(quiet, daemon, text, { coding })).capability
}

/** Shows a job's events: its output where it belongs, the rest beside it. */
class JobPrinter {
  readonly #context: CliContext
  readonly #saysEnd: boolean
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() }
  /** With --json: stdout is for the one object, so what the program prints is gathered in it. */
  readonly #gathered = { stdout: '', stderr: '' }

  /** `saysEnd`: whether the last state is shown, too. */
  constructor(context: CliContext, saysEnd: boolean) {
    this.#context = context
    this.#saysEnd = saysEnd
  }

  /** The record when the job has ended. */
  async take(event: DaemonEvent): Promise<(JobRecord & { stdout?: string; stderr?: string }) | undefined> {
    const { terminal, json } = this.#context
    if (event.event === 'state') {
      if (this.#saysEnd || !isFinal(event)) terminal.note(terminal.style(stateLine(event), 'dim', 'stderr'))
    } else if (event.event === 'restart') this.#startAnew(event.why)
    else if (event.event === 'log') await this.#print(event.stream, decodeBase64Url(event.data) ?? new Uint8Array())
    else if (event.event === 'job') {
      await this.#flush()
      return json ? { ...event.job, ...this.#gathered } : event.job
    }
    return undefined
  }

  /** Prints what is left of a character that was never completed. */
  async #flush(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#decoders[stream].decode()
      if (rest !== '') await this.#show(stream, rest)
    }
  }

  #startAnew(why: string): void {
    const { terminal } = this.#context
    for (const decoder of Object.values(this.#decoders)) decoder.decode()
    this.#gathered.stdout = ''
    this.#gathered.stderr = ''
    terminal.note(terminal.style(`[begins anew, what it printed so far is void: ${safeLine(why)}]`, 'warn', 'stderr'))
  }

  async #print(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const { terminal, json } = this.#context
    if (!json && stream === 'stdout' && !terminal.isStdoutTerminal) await terminal.write(bytes)
    else await this.#show(stream, this.#decoders[stream].decode(bytes, { stream: true }))
  }

  async #show(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    const { terminal, json } = this.#context
    if (json) this.#gathered[stream] += text
    else await (stream === 'stdout' ? terminal.write(safeLog(text)) : terminal.writeError(safeLog(text)))
  }
}

function stateLine({ state, node, why }: Extract<DaemonEvent, { event: 'state' }>): string {
  const where = node === null ? '' : ` on ${shortId(node)}`
  // Only when it is over is it known whether there is anything.
  if (state === 'storing') return `[ended${where}, storing what it left under /out, if anything]`
  return `[${state}${where}${why === '' ? '' : `: ${safeLine(why)}`}]`
}

async function showEnd(context: CliContext, record: JobRecord): Promise<void> {
  const { terminal, json } = context
  if (json) await showResult(context, record, () => [])
  else {
    const took = record.wallTimeMs === null ? '' : ` in ${formatDuration(record.wallTimeMs)}`
    const code = record.exitCode === null ? '' : ` with exit code ${record.exitCode}`
    const why = record.why === '' ? '' : `: ${safeLine(record.why)}`
    terminal.note(`${shortId(record.job)} ${record.state}${code}${took}${why}`)
    for (const output of record.outputs) {
      terminal.note(`  ${safeLine(output.name)}  ${formatBytes(output.bytes)}  ${output.capability}`)
    }
  }
}

/** A member tells others that it runs no jobs, but not why: its own word is one question away. */
async function noteWhyNone(context: CliContext, daemon: DaemonClient): Promise<void> {
  const { jobsWhy } = (await daemon.status()).self.load
  if (jobsWhy !== null) context.terminal.note(`The node that was asked runs none itself: ${safeLine(jobsWhy)}`)
  context.terminal.note(`A node says why it runs no jobs: ${nextCommand(context, 'why NODE')}`)
}

/** A process has one byte for its exit code, a WebAssembly program four: those beyond count as errors. */
const MAX_EXIT_CODE = 255

/** 0 when the program ended well; 5 when its time ran out; else 1. Or the program's own, when asked for. */
export function jobExitCode(record: Pick<JobRecord, 'state' | 'exitCode'>, passExitCode: boolean): number {
  if (passExitCode && record.exitCode !== null) return record.exitCode > MAX_EXIT_CODE ? EXIT.error : record.exitCode
  if (record.state === 'done' && record.exitCode === 0) return EXIT.ok
  return record.exitCode === 124 && record.state === 'failed' ? EXIT.timeout : EXIT.error
}

export async function logs(context: CliContext, job: string, options: { readonly follow?: boolean }): Promise<void> {
  const daemon = await daemonOf(context)
  context.ifStopped('the job is not touched')
  const printer = new JobPrinter(context, true)
  for await (const event of daemon.logs(job, options.follow === true)) {
    const record = await printer.take(event)
    if (record !== undefined) await showResult(context, record, () => [])
  }
}

export async function ls(context: CliContext): Promise<void> {
  const jobs = await (await daemonOf(context)).jobs()
  await showResult(context, { jobs }, () =>
    jobs.length === 0
      ? [`No job was run from here yet: ${nextCommand(context, 'job run FILE.wasm')}`]
      : tableLines(jobs.map(jobCells)),
  )
}

const jobCells = (record: JobRecord): string[] => [
  shortId(record.job),
  record.state,
  record.exitCode === null ? '-' : `exit ${record.exitCode}`,
  record.node === null ? '-' : shortId(record.node),
  record.wallTimeMs === null ? '-' : formatDuration(record.wallTimeMs),
  formatTime(record.submittedAtMs),
  safeLine(record.name),
  safeLine(record.why),
]
