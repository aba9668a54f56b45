import { resolve } from 'node:path'
import { isBorgError, messageOf } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import type { ErrorView } from '@borgios/protocol'
import { CommanderError } from 'commander'
import type { Environment } from '../adapters/index.ts'
import { errorView } from '../daemon/error-view.ts'
import { interrupted, usageError } from '../errors.ts'
import { type Calling, withCommandLines } from './command-line.ts'
import { EXIT, exitCodeOf, exitCodeOfSignal } from './exit-codes.ts'
import type { CommonOptions } from './grammar/leaf.ts'
import { createProgram } from './program.ts'
import { safeLine } from './safe-text.ts'
import { Stopped } from './stopped.ts'
import { explainSystemError } from './system-error.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs one command line and resolves with its exit code. Never rejects but for bugs. With --json an error, too, is one object on one
 * line: `{"error":{"code","kind","message",...}}`. The signal's reason is a {@link Stopped}.
 */
export async function runCli(
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const asJson = args.slice(0, endOfOptions(args)).includes('--json')
  let exitCode: number = EXIT.ok
  let fate = 'nothing was changed'
  let calling: Calling = { program: env.ownCommand, givenData: undefined }
  const program = createProgram(env.ownCommand, async (action, options) => {
    const context = contextOf(options, env, terminal, signal)
    calling = context.calling
    await action({ ...context, exitWith: (code) => (exitCode = code), ifStopped: (said) => (fate = said) })
  })
  let said = ''
  for (const command of [program, ...descendants(program)]) {
    command.exitOverride()
    command.configureOutput({ writeErr: (text) => (said += text) })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    if (error instanceof CommanderError) return await failUsage(error, said, asJson, terminal)
    if (signal.aborted) return await endStopped(signal.reason, fate, asJson, terminal)
    const explained = explainSystemError(error)
    const view = errorView(explained)
    await showError(view, explained, { asJson, env, calling }, terminal)
    return exitCodeOf(view)
  }
}

/** Says what became of the work, unless it ends because nobody reads the output any more. */
async function endStopped(reason: unknown, fate: string, asJson: boolean, terminal: Terminal): Promise<number> {
  const signal = reason instanceof Stopped ? reason.signal : 'SIGTERM'
  const error = interrupted(`stopped: ${fate}`, { meta: { signal } })
  if (signal === 'SIGPIPE') return exitCodeOfSignal(signal)
  if (asJson) await terminal.write(`${JSON.stringify({ error: errorView(error) })}\n`)
  else terminal.note(safeLine(error.message))
  return exitCodeOfSignal(signal)
}

const endOfOptions = (args: readonly string[]): number => (args.includes('--') ? args.indexOf('--') : args.length)

function* descendants(command: ReturnType<typeof createProgram>): Generator<ReturnType<typeof createProgram>> {
  for (const child of command.commands) {
    yield child
    yield* descendants(child)
  }
}

function contextOf(options: CommonOptions, env: Environment, terminal: Terminal, signal: AbortSignal) {
  const givenData = options.data === undefined ? undefined : resolve(options.data)
  const calling: Calling = { program: env.ownCommand, givenData }
  const dataFolder = givenData ?? env.defaultDataFolder
  const json = options.json === true
  const { temporaryFolder } = env
  return { terminal, clock: systemClock, timers: systemTimers, dataFolder, temporaryFolder, json, calling, signal }
}

async function failUsage(error: CommanderError, said: string, asJson: boolean, terminal: Terminal): Promise<number> {
  if (asJson) {
    const message = error.message.replace(/^error: /, '').trim() || 'a command is missing'
    await terminal.write(`${JSON.stringify({ error: errorView(usageError(message)) })}\n`)
  } else terminal.note(said.trimEnd())
  return EXIT.usage
}

/** What the operating system refused, such as a folder that cannot be made: its message says it all. */
const isSystemError = (thrown: unknown): boolean => thrown instanceof Error && 'syscall' in thrown

interface Showing {
  readonly asJson: boolean
  readonly env: Environment
  readonly calling: Calling
}

async function showError(view: ErrorView, thrown: unknown, showing: Showing, terminal: Terminal): Promise<void> {
  const { asJson, env, calling } = showing
  if (asJson) await terminal.write(`${JSON.stringify({ error: view })}\n`)
  else
    terminal.note(`${terminal.style('error:', 'bad', 'stderr')} ${safeLine(withCommandLines(view.message, calling))}`)
  if (env.debug || !(isBorgError(thrown) || isSystemError(thrown)))
    terminal.note(thrown instanceof Error ? (thrown.stack ?? '') : messageOf(thrown))
}
