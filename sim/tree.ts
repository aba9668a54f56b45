import { argv, exit, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { messageOf } from '@borgios/core'
import { runChaos, runScenario, scenarios } from '@borgios/sim'

/**
 * Runs PeerTree in more simulated worlds than the tests do. Exit codes: 0 whole again after every fault in every seed, 1 not, 2 usage.
 */
const USAGE = 'usage: npm run sim:tree -- [--seeds 3000] [--from 0]\n'
const PROGRESS_EVERY = 100
/** A named scenario takes as long as this many worlds. */
const SEEDS_OF_SCENARIOS = 30
/** As do 200 nodes. */
const SEEDS_OF_LARGE = 600

function usage(): never {
  stderr.write(USAGE)
  exit(2)
}

const count = (text: string | undefined, fallback: number): number => {
  const number = text === undefined ? fallback : Number(text)
  if (!Number.isSafeInteger(number) || number < 0) usage()
  return number
}

function readArguments() {
  try {
    return parseArgs({ args: argv.slice(2), options: { seeds: { type: 'string' }, from: { type: 'string' } } }).values
  } catch {
    return usage()
  }
}

/** Sizes from 2 to 60, most of them small, where there is least to fall back on. */
const sizeOf = (seed: number): number => (seed % 8 === 0 ? 31 + (seed % 30) : 2 + (seed % 29))

const values = readArguments()
const from = count(values.from, 0)
const seeds = count(values.seeds, 3_000)
let failures = 0

function attempt(what: string, seed: number, run: () => void): void {
  try {
    run()
  } catch (error) {
    failures += 1
    stdout.write(`${what}, seed ${seed}: ${messageOf(error)}\n`)
  }
}

for (let seed = from; seed < from + seeds; seed += 1) {
  const nodes = sizeOf(seed)
  attempt('every kind of fault', seed, () => runChaos({ seed, nodes, schemas: seed % 4 === 0 }))
  attempt('no cuts', seed, () => runChaos({ seed, nodes, cuts: false }))
  if (seed % SEEDS_OF_LARGE === 0) attempt('200 nodes', seed, () => runChaos({ seed, nodes: 200 }))
  if (seed % SEEDS_OF_SCENARIOS === 0) {
    for (const scenario of scenarios) attempt(scenario.name, seed, () => runScenario(scenario, seed))
  }
  const done = seed - from + 1
  if (done % PROGRESS_EVERY === 0) stderr.write(`${done} seeds, ${failures} failed\n`)
}
stdout.write(`${seeds} seeds, ${failures} failed\n`)
exit(failures === 0 ? 0 : 1)
