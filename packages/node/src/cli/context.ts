import type { Clock, Timers } from '@borgios/core'
import type { DaemonClient } from '../client/daemon-client.ts'
import { findDaemon } from '../client/find-daemon.ts'
import { type Calling, commandLine, commandLineElsewhere } from './command-line.ts'
import type { Terminal } from './terminal.ts'

/** What every command is given. */
export interface CliContext {
  readonly terminal: Terminal
  readonly clock: Clock
  readonly timers: Timers
  /** Absolute. */
  readonly dataFolder: string
  /** For what is gone when the command ends. */
  readonly temporaryFolder: string
  readonly json: boolean
  readonly calling: Calling
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  /** Sets what is said when the command is stopped from now on: what became of its work. */
  ifStopped(fate: string): void
  /** Sets what the program returns when the command has come to its end; 0 unless it is called. */
  exitWith(code: number): void
}

/** The daemon that answers for the data folder. */
export const daemonOf = (context: CliContext): Promise<DaemonClient> =>
  findDaemon(context.dataFolder, context.timers, context.signal)

/** A command to try next, for the same data. */
export const nextCommand = (context: CliContext, words: string): string => commandLine(context.calling, words)

/** A command for another machine, where another folder is the usual one. */
export const commandElsewhere = ({ calling }: CliContext, words: string): string => commandLineElsewhere(calling, words)

/** The one result of a command: an object on one line for programs, lines for people. */
export async function showResult(context: CliContext, value: object, lines: () => readonly string[]): Promise<void> {
  const text = context.json ? JSON.stringify(value) : lines().join('\n')
  if (text !== '') await context.terminal.write(`${text}\n`)
}
