import type { Command } from 'commander'
import { wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

const height = wholeNumber(0, Number.MAX_SAFE_INTEGER)

/** `earn`. */
export function addEarnCommand(program: Command, run: Runner): void {
  leaf(
    program,
    'earn',
    (earn) =>
      earn
        .description(
          'what your wallet and the nodes of this folder earned and spent, line by line, and that it adds up',
        )
        .option('--since <height>', 'only what came after the block of this height', height, 0)
        .action((options) =>
          run(async (context) => (await import('../commands/earn.ts')).earn(context, options), options),
        ),
    {
      examples: [
        ['earn', 'each line names a lease, job or node: "why" explains it'],
        ['earn --since 120', 'what came after block 120; "ledger status" shows the height now'],
      ],
      notes: [
        'Opening balance and lines are compared with what the ledger has. Returns 6 when they differ, 1 when history cannot be read,',
        '3 when nothing runs or the network has no ledger.',
      ],
    },
  )
}
