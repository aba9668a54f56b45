import { limits } from '@borgios/core'
import type { Command } from 'commander'
import { collect, matching, wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

const degree = wholeNumber(1, limits.tree.maxDegree)
const port = wholeNumber(1, 65_535)
const place = matching(/^[\w.-]+(\/[\w.-]+)*$/, 'words of letters, digits, "_", "." and "-", joined by "/"')

/** `node init`, `node start` and `node leave`. */
export function addNodeCommands(program: Command, run: Runner): void {
  const node = program.command('node').description('one node of its own, for a network of several machines')
  leaf(
    node,
    'init',
    (init) =>
      init
        .description("make the operator's key and print its id, for which a founder signs an invitation")
        .action((options) => run(async (context) => (await import('../commands/node.ts')).init(context), options)),
    { notes: ['Safe to repeat: the key is made once.'] },
  )
  leaf(
    node,
    'start',
    (start) =>
      start
        .description('start one node in the background, and wait until it has its place in the tree')
        .option('--invitation <file>', 'what "net invite" or "net export" wrote; "-" reads stdin')
        .option('--found <name>', 'begin a new network of this name with this operator as its founder')
        .option('--join <address>', 'of a member, e.g. /ip4/192.0.2.7/tcp/7420; may be repeated', collect)
        .option('--place <label>', 'where the machine stands, e.g. berlin/rack-2', place)
        .option('--host <address>', 'where to listen (default: 0.0.0.0)')
        .option('--port <n>', 'TCP port (default: 7420, or a free one, which is then kept)', port)
        .option('--degree <n>', 'children it may have (default: 8)', degree)
        .option('--foreground', 'stay, and stop on Ctrl-C')
        .action((options) =>
          run(async (context) => (await import('../commands/node.ts')).start(context, options), options),
        ),
    {
      examples: [
        ['node start --found our-cloud --place berlin/rack-2', 'the first node of a new network'],
        ['node start --invitation invitation.json', 'a node of the network that the invitation is for'],
        ['node start', 'the same node again, after a restart of the machine'],
      ],
      notes: [
        'What is given once is remembered.',
        'Returns 5 when no member takes it in; the node then goes on trying.',
      ],
    },
  )
  leaf(
    node,
    'leave',
    (leave) =>
      leave
        .description('end the membership of this node in the ledger, and say when its deposit comes back')
        .action((options) => run(async (context) => (await import('../commands/node.ts')).leave(context), options)),
    {
      notes: [
        'Leave with one node after another: the shards it holds for others are rebuilt elsewhere once it is gone.',
      ],
    },
  )
}
