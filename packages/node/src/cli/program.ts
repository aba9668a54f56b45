import { Command, Option } from 'commander'
import { RELEASE } from '../daemon/release.ts'
import { addEarnCommand } from './grammar/earn-grammar.ts'
import { addFileCommands } from './grammar/file-grammar.ts'
import { addJobCommands } from './grammar/job-grammar.ts'
import { type CommonOptions, EVERYWHERE, type Runner, withCommonOptions } from './grammar/leaf.ts'
import { addLedgerCommands, addWalletCommands } from './grammar/ledger-grammar.ts'
import { addNetCommands } from './grammar/net-grammar.ts'
import { addNetworkCommands } from './grammar/network-grammar.ts'
import { addNodeCommands } from './grammar/node-grammar.ts'

const overview = (name: string): string => `
First steps:
  ${name} up                  five nodes on this machine, in the background
  ${name} net tree            how they hang together
  ${name} file put FILE       prints a capability, which "file get" takes
  ${name} wallet balance      what you have to spend here
  ${name} earn                what it was spent on, and what your nodes earn
  ${name} down                ends them; the data stays

Exit codes: 0 ok, 1 error, 2 wrong usage, 3 not found, 4 refused, 5 timed out,
6 sums that do not agree;
130 after Ctrl-C.`

/** The command line of borgios, called `name` here. `run` is handed what a command does, to be run with its context. */
export function createProgram(name: string, run: Runner): Command {
  const program = withCommonOptions(new Command(name))
    .enablePositionalOptions()
    .description('BorgIOS: servers that people contribute, turned into one autonomous cloud that nobody owns')
    .version(RELEASE, '-V, --version', 'print the release')
    .addHelpOption(new Option('-h, --help', 'print this').helpGroup(EVERYWHERE))
    .addHelpText('after', overview(name))
    .configureHelp({ subcommandTerm })
    .showHelpAfterError('(more: add --help)')
  const runWithAll: Runner = (action, options) => run(action, { ...program.opts<CommonOptions>(), ...options })
  addNetworkCommands(program, runWithAll)
  addNetCommands(program, runWithAll)
  addFileCommands(program, runWithAll)
  addJobCommands(program, runWithAll)
  addWalletCommands(program, runWithAll)
  addEarnCommand(program, runWithAll)
  addLedgerCommands(program, runWithAll)
  addNodeCommands(program, runWithAll)
  return program
}

/** Its name and what it must be given; a group by the names in it. */
function subcommandTerm(command: Command): string {
  const inside = command.commands.map((one) => one.name())
  const needed = command.registeredArguments.filter((one) => one.required).map((one) => `<${one.name()}>`)
  return [command.name(), inside.length > 0 ? inside.join('|') : needed.join(' ')].join(' ').trimEnd()
}
