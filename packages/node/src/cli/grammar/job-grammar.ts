import type { Command } from 'commander'
import { byteCount, collect, duration } from '../option-values.ts'
import { CODING, coding } from './file-grammar.ts'
import { leaf, type Runner } from './leaf.ts'

/** `job run`, `job logs` and `job ls`. */
export function addJobCommands(program: Command, run: Runner): void {
  const job = program.command('job').description('programs on other nodes')
  leaf(
    job,
    'run',
    (command) =>
      command
        .description('run a WASI program on another node; its output appears as it is printed')
        .argument('<program>', 'a .wasm file, or the capability of one')
        .argument('[args...]', 'its arguments, after "--"')
        .option('-v, --input <name=file>', 'a file or capability that it finds at /in/NAME; may be repeated', collect)
        .option('-e, --env <name=value>', 'environment variable of the program; may be repeated', collect)
        .option('--timeout <time>', 'how long it may run, e.g. 30s or 5m', duration)
        .option('--memory <bytes>', 'memory it may use, e.g. 256MiB', byteCount)
        .option('--output-limit <bytes>', 'how much it may write under /out, e.g. 1GiB', byteCount)
        .option('--log-limit <bytes>', 'how much it may print, e.g. 1MiB', byteCount)
        .option('--node <id>', 'run there only (default: the least busy node but the one that is asked)')
        .option('--coding <k+m>', `for files stored first: ${CODING}`, coding)
        .option('--name <name>', "what to call it (default: the program's name)")
        .option('-d, --detach', 'print its id and return at once')
        .option('--pass-exit-code', "return the program's own exit code")
        .action((path, args, options) =>
          run(async (context) => (await import('../commands/job.ts')).run(context, path, args, options), options),
        ),
    {
      examples: [
        ['job run examples/build/wordcount.wasm -v text=README.md -- text', 'a file of this machine, read at /in/text'],
        ['job run --timeout 5m --detach PROGRAM.wasm', 'in the background; "job logs -f" follows it'],
      ],
      notes: [
        'What it leaves under /out comes back as capabilities.',
        'Ctrl-C cancels the job, unless it is detached.',
        'Returns 0 when the program returned 0, 5 when its time ran out, 1 otherwise.',
      ],
    },
  )
  leaf(
    job,
    'logs',
    (logs) =>
      logs
        .description('what a job printed')
        .argument('<job>', 'its id or the beginning of it')
        .option('-f, --follow', 'go on until it ends')
        .action((id, options) =>
          run(async (context) => (await import('../commands/job.ts')).logs(context, id, options), options),
        ),
    { notes: ['Returns 0 when it could show them, whatever became of the job: see "why JOB".'] },
  )
  leaf(job, 'ls', (ls) =>
    ls
      .description('jobs run from here')
      .action((options) => run(async (context) => (await import('../commands/job.ts')).ls(context), options)),
  )
}
