/**
 * Final transfers a second of validators in processes of their own on this machine, beside what its cores could check and apply at most, and
 * how long a transfer takes to be final. Everything is on: PeerTree over TLS, mempool, nonces, every signature checked by every validator, votes
 * and blocks synced. `--seconds 10 --validators 4 --json`, `--short` leaves out the larger networks.
 */
import { availableParallelism } from 'node:os'
import { measureBound } from './src/ledger/bound.ts'
import type { Measured } from './src/ledger/orders.ts'
import { loopbackBytes, sleep, Validators } from './src/ledger/validators.ts'
import { closeReport, drawTable, numberOption, progress, shortNumber } from './src/report.ts'
import { quantile } from './src/statistics.ts'

const LEAST_OF_BOUND = 0.5
const MOST_HALF_LOAD_MS = 500
const MOST_IDLE_MS = 1_200
/**
 * Transfers under way for each validator when as many as possible shall become final: what all together can settle in about a second. More
 * would wait for processors only.
 */
const windowOf = (count: number): number => Math.ceil(24_000 / count ** 2)
const WARM_UP_MS = 3_000
const DRAIN_MS = 2_000
const IDLE_PER_SECOND = 2
const IDLE_SECONDS = 30

const validators = numberOption('validators', 4)
const seconds = numberOption('seconds', 10)
const isShort = process.argv.includes('--short')

interface Run {
  readonly finalPerSec: number
  readonly cpuMicrosPerTx: number
  readonly bytesPerTx: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly blocksPerSec: number
}

const sum = (measured: readonly Measured[], figure: 'cpuSeconds' | 'finalTransactions' | 'finalBlocks'): number =>
  measured.reduce((total, each) => total + each[figure], 0)

/** Counts what becomes final in a span of a running load. */
async function during(network: Validators, forMs: number): Promise<Run> {
  const [before, bytesBefore, startMs] = [await network.measure(), await loopbackBytes(), performance.now()]
  await sleep(forMs)
  const [after, bytesAfter, endMs] = [await network.measure(), await loopbackBytes(), performance.now()]
  const final = (sum(after, 'finalTransactions') - sum(before, 'finalTransactions')) / network.count
  const blocks = (sum(after, 'finalBlocks') - sum(before, 'finalBlocks')) / network.count
  const tookMs = after.flatMap((each) => each.tookMs)
  const elapsedSec = (endMs - startMs) / 1_000
  return {
    finalPerSec: final / elapsedSec,
    blocksPerSec: blocks / elapsedSec,
    cpuMicrosPerTx: ((sum(after, 'cpuSeconds') - sum(before, 'cpuSeconds')) * 1e6) / Math.max(1, final),
    bytesPerTx: (bytesAfter - bytesBefore) / Math.max(1, final),
    p50Ms: quantile(tookMs.length > 0 ? tookMs : [Number.NaN], 0.5),
    p95Ms: quantile(tookMs.length > 0 ? tookMs : [Number.NaN], 0.95),
  }
}

/** Longer with more validators than cores serve at once: a block then takes seconds. */
async function fullLoad(network: Validators, forMs: number): Promise<Run> {
  const stretch = Math.max(1, network.count / 8)
  network.tell({ kind: 'load', window: windowOf(network.count), perSecond: 0 })
  await sleep(WARM_UP_MS * stretch)
  const run = await during(network, forMs * stretch)
  network.tell({ kind: 'pause' })
  await sleep(DRAIN_MS)
  return run
}

async function steadyLoad(network: Validators, perSecond: number, forMs: number): Promise<Run> {
  network.tell({ kind: 'load', perSecond: perSecond / network.count })
  await sleep(WARM_UP_MS)
  const run = await during(network, forMs)
  network.tell({ kind: 'pause' })
  await sleep(DRAIN_MS)
  return run
}

progress('what one core can check and apply')
const { verifyMicros, applyMicros } = measureBound()
const cores = availableParallelism()
const boundPerSec = (cores * 1e6) / (validators * (verifyMicros + applyMicros))

progress(`${validators} validators come up`)
let full: Run
let half: Run
{
  await using network = await Validators.open(validators)
  await network.prepare(Math.ceil((boundPerSec * (seconds + 5)) / validators))
  progress('as many transfers as possible')
  full = await fullLoad(network, seconds * 1_000)
  await network.prepare(Math.ceil((full.finalPerSec * (seconds + 5)) / validators / 2))
  progress(`half of that: ${shortNumber(full.finalPerSec / 2)} a second`)
  half = await steadyLoad(network, full.finalPerSec / 2, seconds * 1_000)
}

const larger: { readonly count: number; readonly full: Run; readonly idle: Run | undefined }[] = []
for (const count of isShort ? [] : [16, 32]) {
  progress(`${count} validators come up`)
  await using network = await Validators.open(count)
  let idle: Run | undefined
  if (count === 16) {
    progress(`${count} validators, otherwise idle`)
    idle = await steadyLoad(network, IDLE_PER_SECOND, IDLE_SECONDS * 1_000)
  }
  await network.prepare(Math.ceil((boundPerSec * validators * (seconds + 5)) / count ** 2))
  progress(`${count} validators, as many transfers as possible`)
  larger.push({ count, idle, full: await fullLoad(network, seconds * 1_000) })
}

const row = (name: string, run: Run): readonly string[] => [
  name,
  shortNumber(run.finalPerSec),
  shortNumber(run.blocksPerSec),
  shortNumber(run.p50Ms),
  shortNumber(run.p95Ms),
  shortNumber(run.cpuMicrosPerTx),
  shortNumber(run.bytesPerTx),
]
console.log(
  drawTable(
    ['load', 'final/s', 'blocks/s', 'p50 ms', 'p95 ms', 'CPU us a tx, all', 'bytes a tx, all'],
    [
      row(`${validators} validators, full`, full),
      row(`${validators} validators, half`, half),
      ...larger.flatMap(({ count, full: most, idle }) => [
        ...(idle === undefined ? [] : [row(`${count} validators, idle`, idle)]),
        row(`${count} validators, full`, most),
      ]),
    ],
  ),
)
console.log(
  `one core: check ${shortNumber(verifyMicros)} us, apply ${shortNumber(applyMicros)} us; bound ${shortNumber(boundPerSec)} a second`,
)
const finalOfBound = full.finalPerSec / boundPerSec
const idle16P95Ms = larger.find(({ count }) => count === 16)?.idle?.p95Ms
closeReport({
  bench: 'ledger',
  goals: [
    { name: 'final, of the bound', value: finalOfBound, bound: LEAST_OF_BOUND, relation: 'at least' },
    { name: 'p95 at half load, ms', value: half.p95Ms, bound: MOST_HALF_LOAD_MS, relation: 'at most' },
    ...(idle16P95Ms === undefined
      ? []
      : [{ name: 'p95 of 16 idle, ms', value: idle16P95Ms, bound: MOST_IDLE_MS, relation: 'at most' as const }]),
  ],
  figures: {
    validators,
    finalPerSec: full.finalPerSec,
    boundPerSec,
    finalOfBound,
    p95HalfLoadMs: half.p95Ms,
    idle16P95Ms: idle16P95Ms ?? null,
    verifyPerSecPerCore: 1e6 / verifyMicros,
    applyMicros,
    bytesPerTx: full.bytesPerTx,
    cpuMicrosPerTx: full.cpuMicrosPerTx,
    larger: larger.map(({ count, full: most }) => ({
      validators: count,
      finalPerSec: most.finalPerSec,
      cpuMicrosPerTx: most.cpuMicrosPerTx,
      bytesPerTx: most.bytesPerTx,
    })),
  },
})
