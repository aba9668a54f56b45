import type { Command } from 'commander'
import { matching, wholeNumber } from '../option-values.ts'
import { leaf, type Runner } from './leaf.ts'

export const coding = matching(/^\d{1,2}\+\d{1,2}$/, 'two numbers such as 3+2')
export const CODING = 'any k of k+m shards rebuild a part (default: 3+2, or what fewer than five operators can hold)'

const DEFAULT_RENEWED_DAYS = 30
/** Prices change: ten years at today's is enough. */
const MAX_RENEWED_DAYS = 3_650

/** `file put`, `file get`, `file ls`, `file renew` and `file info`. */
export function addFileCommands(program: Command, run: Runner): void {
  const file = program.command('file').description('files on the network')
  leaf(
    file,
    'put',
    (put) =>
      put
        .description('store a file and print its capability: whoever has that text can read it')
        .argument('<path>', 'the file; "-" reads stdin')
        .option('--name <name>', 'kept encrypted with the file (default: its name here)')
        .option('--coding <k+m>', CODING, coding)
        .action((path, options) =>
          run(async (context) => (await import('../commands/file.ts')).put(context, path, options), options),
        ),
    {
      examples: [
        ['file put movie.mkv > movie.capability', 'keeps the capability; what else is said goes to stderr'],
        ['file put - --name home.tar < home.tar', 'what comes from a pipe'],
      ],
    },
  )
  leaf(
    file,
    'get',
    (get) =>
      get
        .description('get a file back, every byte verified')
        .argument('<capability>', 'the text that "file put" printed')
        .option('-o, --output <file>', 'where to; a file there is replaced once the new one is whole; "-" is stdout')
        .option('-n, --no-clobber', 'replace no file, as always without -o')
        .action((capability, options) =>
          run(async (context) => (await import('../commands/file.ts')).get(context, capability, options), options),
        ),
    {
      examples: [
        ['file get CAPABILITY', 'under the name it was stored with, if nothing has it here'],
        ['file get CAPABILITY -o - | tar xf -', 'to a pipe'],
      ],
    },
  )
  leaf(file, 'ls', (ls) =>
    ls
      .description('files stored from here')
      .action((options) => run(async (context) => (await import('../commands/file.ts')).ls(context), options)),
  )
  leaf(
    file,
    'renew',
    (renew) =>
      renew
        .description('pay for a stored file for longer, from the wallet; "file ls" says until when each is paid')
        .argument('<capability>', 'the text that "file put" printed')
        .option('--days <n>', 'for how many days more', wholeNumber(1, MAX_RENEWED_DAYS), DEFAULT_RENEWED_DAYS)
        .action((capability, options) =>
          run(async (context) => (await import('../commands/file.ts')).renew(context, capability, options), options),
        ),
    { examples: [['file renew CAPABILITY --days 90', 'at the price of today']] },
  )
  leaf(file, 'info', (info) =>
    info
      .description('how well a file is kept: its shards, who holds them, how many may be lost')
      .argument('<capability>', 'the text that "file put" printed')
      .option('--verify', 'have every holder read its shards from disk and hash them')
      .action((capability, options) =>
        run(async (context) => (await import('../commands/file.ts')).info(context, capability, options), options),
      ),
  )
}
