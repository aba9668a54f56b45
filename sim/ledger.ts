import { argv, exit, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock } from '@borgios/core/adapters'
import { ledgerMutants, loadMutant, type SweepOptions, type SweepResult, sweep } from '@borgios/sim'

/**
 * Runs the ledger's consensus in simulated worlds. Exit codes: 0 safe and live in every seed, 1 not, 2 usage. With `--f-plus-one` 0 only if
 * more than a third of Byzantine validators made two chains in some seed; with `--mutants` 0 only if every mutant was noticed.
 */
const USAGE =
  'usage: npm run sim:ledger -- [--seeds 3000] [--from 0] [--nodes 4] [--faulty 1] [--f-plus-one | --mutants]\n'
const PROGRESS_EVERY = 100
const MUTANT_SEEDS = 400

const count = (text: string | undefined, fallback: number): number => {
  const number = text === undefined ? fallback : Number(text)
  if (!Number.isSafeInteger(number) || number < 0) usage()
  return number
}

function usage(): never {
  stderr.write(USAGE)
  exit(2)
}

function readArguments() {
  try {
    return parseArgs({
      args: argv.slice(2),
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        nodes: { type: 'string' },
        faulty: { type: 'string' },
        'f-plus-one': { type: 'boolean' },
        mutants: { type: 'boolean' },
      },
    }).values
  } catch {
    return usage()
  }
}

const asTable = (rows: readonly (readonly [string, string | number])[]): string =>
  rows.map(([name, value]) => `  ${name.padEnd(34)}${value}\n`).join('')

function report(options: SweepOptions, result: SweepResult, seconds: number): void {
  const { nodes, faulty } = options
  for (const { seed, said } of result.failures) {
    stdout.write(
      `seed ${seed} failed: ${said}\n  again: npm run sim:ledger -- --from ${seed} --seeds 1 --nodes ${nodes} --faulty ${faulty}\n`,
    )
  }
  stdout.write(
    asTable([
      ['validators, Byzantine among them', `${nodes}, ${faulty}`],
      ['seeds', `${result.runs} (${(result.runs / seconds).toFixed(0)} a second)`],
      ['failed', result.failures.length],
      ['final blocks', result.blocks],
      ['steps of cores', result.steps],
      ['convictions', result.convictions],
      ['longest until live again, virtual', `${(result.worstLiveMs / 1000).toFixed(1)} s`],
      ...[...result.behaviours].sort().map(([name, runs]) => [`runs with ${name}`, runs] as const),
    ]),
  )
}

async function killMutants(): Promise<number> {
  let survivors = 0
  for (const { name, edits, seed } of ledgerMutants) {
    const core = await loadMutant(edits)
    const found = sweep({ from: seed, seeds: MUTANT_SEEDS, nodes: 4, faulty: 1, core, isEnough: () => true })
      .failures[0]
    if (found === undefined) survivors += 1
    stdout.write(
      `${found === undefined ? 'SURVIVED' : 'noticed '} ${name}${found === undefined ? '' : `: ${found.said}`}\n`,
    )
  }
  stdout.write(`${ledgerMutants.length - survivors} of ${ledgerMutants.length} mutants were noticed\n`)
  return survivors === 0 ? 0 : 1
}

function run(): number {
  const nodes = count(values.nodes, 4)
  const isTooMany = values['f-plus-one'] === true
  const faulty = count(values.faulty, Math.floor((nodes - 1) / 3)) + (isTooMany ? 1 : 0)
  if (nodes < 1 || faulty >= nodes) usage()
  const options: SweepOptions = {
    from: count(values.from, 0),
    seeds: count(values.seeds, 3_000),
    nodes,
    faulty,
    areColluding: isTooMany,
    isEnough: ({ isFork }) => isTooMany && isFork,
    onSeed: (done, failures) => {
      if (done % PROGRESS_EVERY === 0) stderr.write(`${done} seeds, ${failures} failed\n`)
    },
  }
  const startMs = systemClock.monotonicMs()
  const result = sweep(options)
  if (!isTooMany) {
    report(options, result, (systemClock.monotonicMs() - startMs) / 1000)
    return result.failures.length === 0 ? 0 : 1
  }
  const fork = result.failures.find(({ isFork }) => isFork)
  if (fork === undefined) stdout.write(`no fork in ${result.runs} seeds: the checks are blind\n`)
  else stdout.write(`${faulty} Byzantine of ${nodes}: two chains with seed ${fork.seed}: ${fork.said}\n`)
  return fork === undefined ? 1 : 0
}

const values = readArguments()
exit(values.mutants === true ? await killMutants() : run())
