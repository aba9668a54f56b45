import { type Command, Option } from 'commander'
import type { CliContext } from '../context.ts'

/** Does what one command says. What a command needs is loaded only when it runs. */
export type Action = (context: CliContext) => Promise<void>

/** Options that every command has. */
export interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

/** Runs what a command line asks for. */
export type Runner = (action: Action, options: CommonOptions) => Promise<void>

/** What newcomers read before `--help` lists the options: lines that work, each with what it does. */
export type Examples = readonly (readonly [words: string, does: string])[]

export interface LeafOptions {
  readonly hidden?: boolean
  readonly examples?: Examples
  /** Further lines below the examples. */
  readonly notes?: readonly string[]
}

/** Heading of the options that every command has. */
export const EVERYWHERE = 'Options of every command:'

/** A command with the options that all have; `own` adds its own, which `--help` shows first. */
export function leaf(parent: Command, name: string, own: (command: Command) => Command, options: LeafOptions = {}) {
  const { hidden = false, examples = [], notes = [] } = options
  return withCommonOptions(own(parent.command(name, { hidden }))).addHelpText('after', ({ command }) =>
    afterText(programOf(command), examples, notes),
  )
}

/** For every command, and for the program itself: people also put them first. */
export const withCommonOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--data <dir>', 'data folder (default: $XDG_DATA_HOME/borgios or ~/.local/share/borgios)').helpGroup(
        EVERYWHERE,
      ),
    )
    .addOption(new Option('--json', 'write one JSON object on one line to stdout, errors too').helpGroup(EVERYWHERE))

function programOf(command: Command): string {
  let root = command
  while (root.parent !== null) root = root.parent
  return root.name()
}

function afterText(program: string, examples: Examples, notes: readonly string[]): string {
  const lines = examples.map(([words, does]) => `  ${program} ${words}\n      ${does}`)
  return [
    ...(lines.length === 0 ? [] : ['', 'Examples:', ...lines]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n')
}
