import { formatBytes, formatDuration, limits } from '@borgios/core'
import type { Command } from 'commander'
import { byteCount, collect, duration, matching } from '../option-values.ts'
import { CODING, coding } from './file-grammar.ts'
import { leaf, type Runner } from './leaf.ts'

const bounds = limits.compute

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
        .option(
          '--timeout <time>',
          `how long it may run, e.g. 30s or 5m (default: ${formatDuration(bounds.defaultWallTimeMs)}, at most ${formatDuration(bounds.maxWallTimeMs)})`,
          duration([1, bounds.maxWallTimeMs]),
        )
        .option(
          '--memory <bytes>',
          `memory it may use, e.g. 256MiB (default: ${formatBytes(bounds.defaultMemoryBytes)}, from ${formatBytes(bounds.minMemoryBytes)} to ${formatBytes(bounds.maxMemoryBytes)})`,
          byteCount([bounds.minMemoryBytes, bounds.maxMemoryBytes]),
        )
        .option(
          '--output-limit <bytes>',
          `how much it may write under /out (default: ${formatBytes(bounds.defaultOutputBytes)}, at most ${formatBytes(bounds.maxOutputBytes)})`,
          byteCount([1, bounds.maxOutputBytes]),
        )
        .option(
          '--log-limit <bytes>',
          `how much it may print (default: ${formatBytes(bounds.defaultLogBytes)}, at most ${formatBytes(bounds.maxLogBytes)})`,
          byteCount([1, bounds.maxLogBytes]),
        )
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
        'A program or input of this machine is stored first, as "file put" does: "file ls" lists it, and it cannot be deleted yet.',
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
        .argument('<job>', 'its id or the beginning of it', matching(/./, 'the id of a job or its beginning'))
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
