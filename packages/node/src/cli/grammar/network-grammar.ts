import { limits } from '@borgios/core'
import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

const nodeCount = wholeNumber(1, limits.node.maxEmbeddedNodes)
const degree = wholeNumber(1, limits.tree.maxDegree)

/** `up`, `down`, `status`, `why` and the hidden `tour`. */
export function addNetworkCommands(program: Command, run: Runner): void {
  leaf(
    program,
    'up',
    (up) =>
      up
        .description('bring up a network of several nodes on this machine; harmless when it runs already')
        .option('--nodes <n>', 'how many nodes (default: 5, or as many as there were)', nodeCount)
        .option('--degree <n>', 'children a node may have (default: 2)', degree)
        .option('--host <address>', 'where the nodes listen (default: 127.0.0.1, this machine only)')
        .option('--foreground', 'stay, and stop the network on Ctrl-C')
        .action((options) => run(async (context) => (await import('../commands/up.ts')).up(context, options), options)),
    {
      examples: [
        ['up', 'five nodes in the background; returns when they hang in one tree'],
        ['up --nodes 8', 'lets the network grow to eight'],
      ],
      notes: ['Ctrl-C while it starts ends the nodes it has started.', 'A node takes about 200 MiB of memory.'],
    },
  )
  leaf(program, 'down', (down) =>
    down
      .description('stop every node of a data folder; the data stays')
      .action((options) => run(async (context) => (await import('../commands/down.ts')).down(context), options)),
  )
  leaf(program, 'status', (status) =>
    status
      .description('how a node stands: network, place in the tree, members, releases, load')
      .action((options) => run(async (context) => (await import('../commands/status.ts')).status(context), options)),
  )
  leaf(
    program,
    'why',
    (why) =>
      why
        .description('say in a sentence how something stands, why, and what to do')
        .argument(
          '<id>',
          'a node, operator, job, shard, lease, transaction or capability, or the beginning of one (3 characters or more)',
        )
        .action((id, options) =>
          run(async (context) => (await import('../commands/why.ts')).why(context, id), options),
        ),
    { examples: [['why jx3k', 'the job whose id begins so']] },
  )
  leaf(
    program,
    'tour',
    (tour) =>
      tour
        .description('show everything at work on an embedded network')
        .option('--once', 'in a temporary folder, ending every process at the end')
        .action((options) =>
          run(async (context) => (await import('../../tour/tour.ts')).tour(context, options), options),
        ),
    { hidden: true },
  )
}
