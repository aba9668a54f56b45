/**
 * Put and get of one file over five real node processes with 3+2, beside the limit of the same run: the local pipeline plus the
 * same wire bytes over one mutual TLS stream. `--mib 256 --rounds 5 --json`
 */
import { MIB } from '@borgios/core'
import { runBench } from './src/child-bench.ts'
import { LoadedNetwork } from './src/loaded-network.ts'
import { closeReport, drawTable, numberOption, progress, shortNumber } from './src/report.ts'
import { type Contender, interleavedRounds } from './src/rounds.ts'
import { median } from './src/statistics.ts'
import type { RunLimit } from './store-pipeline.ts'

/** At least this share of what the machine allows: the first goal of the store. */
const GOAL_OF_LIMIT = 0.35
const NODES = 5

type Figures = { putSeconds: number; getSeconds: number; putCpuSeconds: number; getCpuSeconds: number }

function limitContender(bytes: number): Contender<Figures> {
  return {
    name: 'limit',
    async run() {
      const { result: limit } = await runBench<RunLimit>('store-pipeline', ['--mib', String(bytes / MIB)])
      return {
        putSeconds: limit.putLimitSeconds,
        getSeconds: limit.getLimitSeconds,
        putCpuSeconds: limit.put.cpuSeconds,
        getCpuSeconds: limit.get.cpuSeconds,
      }
    },
  }
}

function networkContender(network: LoadedNetwork, content: Uint8Array): Contender<Figures> {
  // Cheaper than a hash: what the bench itself does counts, too.
  const check = (part: Uint8Array, at: number): void => {
    if (Buffer.compare(part, content.subarray(at, at + part.length)) !== 0)
      throw new Error('the file came back changed')
  }
  return {
    name: 'network',
    async run(round) {
      const put = await network.cost(() => network.put(`round-${round}`, content))
      const get = await network.cost(() => network.get(put.result, check))
      return {
        putSeconds: put.seconds,
        getSeconds: get.seconds,
        putCpuSeconds: put.cpuSeconds,
        getCpuSeconds: get.cpuSeconds,
      }
    },
  }
}

const mib = numberOption('mib', 256)
const rounds = numberOption('rounds', 5)
const content = LoadedNetwork.content(mib * MIB)
await using loaded = await LoadedNetwork.up(NODES)
const results = await interleavedRounds(
  [limitContender(content.length), networkContender(loaded, content)],
  rounds,
  progress,
)

const perGiB = 1024 / mib
const middle = (name: string, figure: keyof Figures): number =>
  median((results.get(name) ?? []).map((figures) => figures[figure]))
const row = (name: string): readonly string[] => [
  name,
  shortNumber(mib / middle(name, 'putSeconds')),
  shortNumber(mib / middle(name, 'getSeconds')),
  shortNumber(middle(name, 'putCpuSeconds') * perGiB),
  shortNumber(middle(name, 'getCpuSeconds') * perGiB),
]
console.log(drawTable(['', 'put MiB/s', 'get MiB/s', 'put CPU s/GiB', 'get CPU s/GiB'], [row('limit'), row('network')]))
const ofLimit = (figure: 'putSeconds' | 'getSeconds'): number => middle('limit', figure) / middle('network', figure)
const [putOfLimit, getOfLimit] = [ofLimit('putSeconds'), ofLimit('getSeconds')]
closeReport({
  bench: 'transfer',
  goals: [
    { name: 'put of the limit', value: putOfLimit, bound: GOAL_OF_LIMIT, relation: 'at least' },
    { name: 'get of the limit', value: getOfLimit, bound: GOAL_OF_LIMIT, relation: 'at least' },
  ],
  figures: {
    ...{ mib, rounds, putOfLimit, getOfLimit },
    putCpuSecPerGiB: middle('network', 'putCpuSeconds') * perGiB,
    getCpuSecPerGiB: middle('network', 'getCpuSeconds') * perGiB,
    medians: { limit: mediansOf('limit'), network: mediansOf('network') },
  },
})

function mediansOf(name: string): Figures {
  return {
    putSeconds: middle(name, 'putSeconds'),
    getSeconds: middle(name, 'getSeconds'),
    putCpuSeconds: middle(name, 'putCpuSeconds'),
    getCpuSeconds: middle(name, 'getCpuSeconds'),
  }
}
