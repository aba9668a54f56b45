import { limits } from '@borgios/core'
import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

const days = wholeNumber(1, 36_500)
const nodes = wholeNumber(0, limits.tree.membersPerOperator)

/** `net tree`, `net invite` and `net export`. */
export function addNetCommands(program: Command, run: Runner): void {
  const net = program.command('net').description('the network: its tree, and letting others in')
  leaf(net, 'tree', (tree) =>
    tree
      .description('draw the tree with state and load of every node')
      .action((options) => run(async (context) => (await import('../commands/net.ts')).tree(context), options)),
  )
  leaf(
    net,
    'invite',
    (invite) =>
      invite
        .description('let another operator bring nodes: prints what their machine needs')
        .argument('<operator>', 'the id that "node init" printed there')
        .option('--days <n>', 'how long the invitation is good for', days, limits.node.invitationDays)
        .option('--nodes <n>', "how many of its nodes' deposits your wallet pays", nodes, 1)
        .option('-o, --output <file>', 'write it there instead of to stdout')
        .action((operator, options) =>
          run(async (context) => (await import('../commands/net.ts')).invite(context, operator, options), options),
        ),
    { examples: [['net invite OPERATOR -o invitation.json', 'a file to send; only that operator can use it']] },
  )
  leaf(
    net,
    'export',
    (exported) =>
      exported
        .description('print what another machine needs to look in as a guest')
        .option('-o, --output <file>', 'write it there instead of to stdout')
        .action((options) =>
          run(async (context) => (await import('../commands/net.ts')).exportNetwork(context, options), options),
        ),
    { examples: [['net export -o network.json', 'for "node start --invitation network.json" there']] },
  )
}
