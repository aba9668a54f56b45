import { resolve } from 'node:path'
import { isBorgError, messageOf } from '@borgios/core'
import { systemClock, systemTimers } from '@borgios/core/adapters'
import type { ErrorView } from '@borgios/protocol'
import { CommanderError } from 'commander'
import type { Environment } from '../adapters/index.ts'
import { errorView } from '../daemon/error-view.ts'
import { usageError } from '../errors.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { type CommonOptions, createProgram } from './program.ts'
import { safeLine } from './safe-text.ts'
import type { Terminal } from './terminal.ts'

/** What shells return for a program that Ctrl-C ended (128 + SIGINT). */
const INTERRUPTED = 130

/**
 * Runs one command line and resolves with its exit code. Never rejects but for bugs. With --json an error, too, is one object on one
 * line: `{"error":{"code","kind","message",...}}`.
 */
export async function runCli(
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const asJson = args.slice(0, endOfOptions(args)).includes('--json')
  let exitCode: number = EXIT.ok
  const program = createProgram(async (action, options) => {
    await action({ ...contextOf(options, env, terminal, signal), exitWith: (code) => (exitCode = code) })
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
    if (signal.aborted) return INTERRUPTED
    const view = errorView(error)
    await showError(view, error, asJson, env, terminal)
    return exitCodeOf(view)
  }
}

const endOfOptions = (args: readonly string[]): number => (args.includes('--') ? args.indexOf('--') : args.length)

function* descendants(command: ReturnType<typeof createProgram>): Generator<ReturnType<typeof createProgram>> {
  for (const child of command.commands) {
    yield child
    yield* descendants(child)
  }
}

function contextOf(options: CommonOptions, env: Environment, terminal: Terminal, signal: AbortSignal) {
  const dataFolder = resolve(options.data ?? env.defaultDataFolder)
  return { terminal, clock: systemClock, timers: systemTimers, dataFolder, json: options.json === true, signal }
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

async function showError(
  view: ErrorView,
  thrown: unknown,
  asJson: boolean,
  env: Environment,
  terminal: Terminal,
): Promise<void> {
  if (asJson) await terminal.write(`${JSON.stringify({ error: view })}\n`)
  else terminal.note(`${terminal.style('error:', 'bad', 'stderr')} ${safeLine(view.message)}`)
  if (env.debug || !(isBorgError(thrown) || isSystemError(thrown)))
    terminal.note(thrown instanceof Error ? (thrown.stack ?? '') : messageOf(thrown))
}
