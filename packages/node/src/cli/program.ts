import { limits } from '@borgios/core'
import { Command } from 'commander'
import { RELEASE } from '../daemon/release.ts'
import type { CliContext } from './context.ts'
import { byteCount, collect, duration, matching, wholeNumber } from './option-values.ts'

/** Does what one command says. What a command needs is loaded only when it runs. */
export type Action = (context: CliContext) => Promise<void>

/** Options that every command has. */
export interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

type Runner = (action: Action, options: CommonOptions) => Promise<void>

const ROOM_FOR_EXIT_CODES = `
Exit codes: 0 ok, 1 error, 2 wrong usage, 3 not found, 4 refused, 5 timed out.`

/** The command line of borgios, called `name` here. `run` is handed what a command does, to be run with its context. */
export function createProgram(name: string, run: Runner): Command {
  const program = new Command(name)
    .description('BorgIOS: servers that people contribute, turned into one autonomous cloud that nobody owns')
    .version(RELEASE)
    .addHelpText('after', ROOM_FOR_EXIT_CODES)
    .showHelpAfterError('(more: add --help)')
  addNetwork(program, run)
  addNode(program, run)
  addNet(program, run)
  addFile(program, run)
  addJob(program, run)
  leaf(program, 'why')
    .description('say in a sentence how something stands, why, and what to do')
    .argument('<id>', 'a node, operator, job, shard or capability, or its beginning')
    .action((id, options) => run(async (context) => (await import('./commands/why.ts')).why(context, id), options))
  leaf(program, 'tour', { hidden: true })
    .description('show everything at work on an embedded network')
    .option('--once', 'in a temporary folder, ending every process at the end')
    .action((options) => run(async (context) => (await import('../tour/tour.ts')).tour(context, options), options))
  return program
}

/** A command with the options that all have. */
function leaf(parent: Command, name: string, options: { readonly hidden?: boolean } = {}): Command {
  return parent
    .command(name, options)
    .option('--data <dir>', 'folder of the network or node (default: $XDG_DATA_HOME/borgios or ~/.local/share/borgios)')
    .option('--json', 'write one JSON object on one line to stdout')
}

const nodeCount = wholeNumber(1, limits.node.maxEmbeddedNodes)
const degree = wholeNumber(1, limits.tree.maxDegree)
const port = wholeNumber(1, 65_535)
const days = wholeNumber(1, 36_500)
const coding = matching(/^\d{1,2}\+\d{1,2}$/, 'two numbers such as 3+2')
const CODING = 'any k of k+m shards rebuild a part (default: 3+2, or what fewer than five operators can hold)'
const place = matching(/^[\w.-]+(\/[\w.-]+)*$/, 'words of letters, digits, "_", "." and "-", joined by "/"')

function addNetwork(program: Command, run: Runner): void {
  leaf(program, 'up')
    .description('bring up a network of several nodes on this machine; harmless when it runs already')
    .option('--nodes <n>', 'how many nodes (default: 5, or as many as there were)', nodeCount)
    .option('--degree <n>', 'children a node may have (default: 2)', degree)
    .option('--host <address>', 'where the nodes listen (default: 127.0.0.1, this machine only)')
    .option('--foreground', 'stay, and stop the network on Ctrl-C')
    .action((options) => run(async (context) => (await import('./commands/up.ts')).up(context, options), options))
  leaf(program, 'down')
    .description('stop every node of a data folder; the data stays')
    .action((options) => run(async (context) => (await import('./commands/down.ts')).down(context), options))
  leaf(program, 'status')
    .description('how a node stands: network, place in the tree, members, releases, load')
    .action((options) => run(async (context) => (await import('./commands/status.ts')).status(context), options))
}

function addNode(program: Command, run: Runner): void {
  const node = program.command('node').description('one node of its own, for joining a network from another machine')
  leaf(node, 'init')
    .description("make the operator's key and print its id, for which a founder signs an invitation")
    .action((options) => run(async (context) => (await import('./commands/node.ts')).init(context), options))
  leaf(node, 'start')
    .description('start one node in the background')
    .option('--join <address>', 'multiaddress of a member, e.g. /ip4/192.0.2.7/tcp/7420; may be repeated', collect)
    .option('--invitation <file>', 'what "borgios net invite" or "net export" printed; "-" reads it from stdin')
    .option('--found <name>', 'begin a new network of this name with this operator as its founder')
    .option('--place <label>', 'where the machine stands, e.g. berlin/rack-2', place)
    .option('--host <address>', 'where to listen (default: 0.0.0.0)')
    .option('--port <n>', 'TCP port (default: 7420, or a free one, which is then kept)', port)
    .option('--degree <n>', 'children it may have (default: 8)', degree)
    .option('--foreground', 'stay, and stop on Ctrl-C')
    .action((options) => run(async (context) => (await import('./commands/node.ts')).start(context, options), options))
}

function addNet(program: Command, run: Runner): void {
  const net = program.command('net').description('the network and its tree')
  leaf(net, 'tree')
    .description('draw the tree with state and load of every node')
    .action((options) => run(async (context) => (await import('./commands/net.ts')).tree(context), options))
  leaf(net, 'invite')
    .description('let another operator bring nodes: prints what their machine needs')
    .argument('<operator>', 'the id that "borgios node init" printed there')
    .option('--days <n>', 'how long the invitation is good for', days, limits.node.invitationDays)
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .action((operator, options) =>
      run(async (context) => (await import('./commands/net.ts')).invite(context, operator, options), options),
    )
  leaf(net, 'export')
    .description('print what another machine needs to look in as a guest')
    .option('-o, --output <file>', 'write it there instead of to stdout')
    .action((options) =>
      run(async (context) => (await import('./commands/net.ts')).exportNetwork(context, options), options),
    )
}

function addFile(program: Command, run: Runner): void {
  const file = program.command('file').description('files on the network')
  leaf(file, 'put')
    .description('store a file and print its capability: whoever has that text can read it')
    .argument('<path>', 'the file; "-" reads stdin')
    .option('--name <name>', 'kept encrypted with the file (default: its name here)')
    .option('--coding <k+m>', CODING, coding)
    .action((path, options) =>
      run(async (context) => (await import('./commands/file.ts')).put(context, path, options), options),
    )
  leaf(file, 'get')
    .description('get a file back, every byte verified')
    .argument('<capability>')
    .option('-o, --output <file>', 'where to; a file there is replaced once the new one is whole; "-" is stdout')
    .option('-n, --no-clobber', 'replace no file, as always without -o')
    .action((capability, options) =>
      run(async (context) => (await import('./commands/file.ts')).get(context, capability, options), options),
    )
  leaf(file, 'ls')
    .description('files stored from here')
    .action((options) => run(async (context) => (await import('./commands/file.ts')).ls(context), options))
  leaf(file, 'info')
    .description('how well a file is kept: its shards, who holds them, how many may be lost')
    .argument('<capability>')
    .option('--verify', 'have every holder read its shards from disk and hash them')
    .action((capability, options) =>
      run(async (context) => (await import('./commands/file.ts')).info(context, capability, options), options),
    )
}

function addJob(program: Command, run: Runner): void {
  const job = program.command('job').description('programs on other nodes')
  leaf(job, 'run')
    .description('run a WASI program on another node; its output appears as it is printed')
    .argument('<program>', 'a .wasm file, or the capability of one')
    .argument('[args...]', 'its arguments, after "--"')
    .option('-v, --input <name=file>', 'a file or capability the program finds at /in/NAME; may be repeated', collect)
    .option('-e, --env <name=value>', 'environment variable of the program; may be repeated', collect)
    .option('--coding <k+m>', `for the files it stores first: ${CODING}`, coding)
    .option('--memory <bytes>', 'memory it may use, e.g. 256MiB', byteCount)
    .option('--timeout <time>', 'how long it may run, e.g. 30s or 5m', duration)
    .option('--output-limit <bytes>', 'how much it may write under /out', byteCount)
    .option('--log-limit <bytes>', 'how much it may print', byteCount)
    .option('--node <id>', 'run there only (default: the least loaded node that is not the asked one)')
    .option('--name <name>', "what to call it (default: the program's name)")
    .option('-d, --detach', 'print the id and return at once')
    .option('--pass-exit-code', "return the program's own exit code (else 0 if that is 0, 5 on time-out, 1 otherwise)")
    .action((path, args, options) =>
      run(async (context) => (await import('./commands/job.ts')).run(context, path, args, options), options),
    )
  leaf(job, 'logs')
    .description('what a job printed')
    .argument('<job>', 'its id or the beginning of it')
    .option('-f, --follow', 'go on until it ends')
    .action((id, options) =>
      run(async (context) => (await import('./commands/job.ts')).logs(context, id, options), options),
    )
  leaf(job, 'ls')
    .description('jobs run from here')
    .action((options) => run(async (context) => (await import('./commands/job.ts')).ls(context), options))
}
