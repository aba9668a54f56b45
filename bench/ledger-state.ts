/**
 * The state of the ledger with many accounts: start from disk, memory, and the root of blocks of random transfers, beside the bare hashing of
 * as many bytes and nodes. Building, and starting with all that follows, are processes of their own, with the flags and the environment of
 * a daemon: see package.json. `--accounts 1000000 --blocks 30 --json`
 */
import { hash, randomInt } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { silentLogger } from '@borgios/core'
import { accountTable as accounts, DiskState, type StatePoint } from '@borgios/ledger'
import { type Account, bucketOf, STATE_BUCKETS, stateKeyHash } from '@borgios/protocol'
import { hashInto } from '@chainsafe/hashtree'
import { runBench } from './src/child-bench.ts'
import { closeReport, drawTable, numberOption, progress, shortNumber } from './src/report.ts'
import { median } from './src/statistics.ts'

const TRANSFERS_PER_BLOCK = 2_000
const ACCOUNTS_PER_BUILT_BLOCK = 50_000

const NEW: Account = { balance: 1_000_000n, nonce: 0, policy: undefined }

/** Small and on V8's heap: what is measured is the state, not the keys of the bench. */
const keyOf = (account: number): Uint8Array =>
  Uint8Array.from(hash('sha256', String(account), 'binary'), (character) => character.charCodeAt(0))
const pointAt = (height: number): StatePoint => ({ height, epoch: 0, block: new Uint8Array(32).fill(1) })
const openState = (folder: string): Promise<DiskState> =>
  DiskState.open({ folder, tables: [accounts], logger: silentLogger })

/** Seconds of CPU of the whole process, its threads included, and elapsed ones. */
async function costOf<Result>(work: () => Result | Promise<Result>) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { result, seconds, cpuSeconds: (user + system) / 1e6 }
}

const print = (figures: object): void => console.log(JSON.stringify({ goals: [], ...figures }))

async function build(folder: string, count: number): Promise<void> {
  const { cpuSeconds, seconds } = await costOf(async () => {
    const disk = await openState(folder)
    for (let first = 0; first < count; first += ACCOUNTS_PER_BUILT_BLOCK) {
      const layer = disk.state.layer()
      for (let account = first; account < Math.min(count, first + ACCOUNTS_PER_BUILT_BLOCK); account += 1) {
        layer.set(accounts, keyOf(account), NEW)
      }
      disk.state.finalize(layer, pointAt(disk.state.point.height + 1))
    }
    await disk.save()
  })
  print({ cpuSeconds, seconds, bareStartSec: await bareStart(folder, count) })
}

/** What a start cannot do without: reading the file, and hashing as many bytes as the buckets have. */
async function bareStart(folder: string, count: number): Promise<number> {
  const bucket = new Uint8Array((count / STATE_BUCKETS) * 53)
  const { seconds } = await costOf(async () => {
    for (const file of await readdir(folder)) await readFile(join(folder, file))
    for (let number = 0; number < STATE_BUCKETS; number += 1) hash('sha256', bucket, 'binary')
  })
  return seconds
}

/** Taken once, for the most nodes that can be above buckets: new ones for each block would count as memory of the state. */
const pairs = new Uint8Array(64 * STATE_BUCKETS)
const hashes = new Uint8Array(32 * STATE_BUCKETS)

/** What a root cannot do without: hashing these buckets and all nodes above them. */
async function bareRoot(disk: DiskState, keys: readonly Uint8Array[]): Promise<number> {
  const numbers = [...new Set(keys.map((key) => bucketOf(stateKeyHash(accounts.id, key))))]
  let nodes = 0
  for (let level = new Set(numbers), above = 0; above < 16; above += 1) {
    level = new Set([...level].map((number) => number >> 1))
    nodes += level.size
  }
  const { cpuSeconds } = await costOf(() => {
    for (const number of numbers) hash('sha256', disk.state.bucket(number), 'binary')
    hashInto(pairs.subarray(0, 64 * nodes), hashes.subarray(0, 32 * nodes))
  })
  return cpuSeconds
}

/** One block of random transfers: microseconds of CPU for a transfer, and for the root of each changed account. */
async function runBlock(disk: DiskState, count: number) {
  const layer = disk.state.layer()
  const transfers = Array.from(
    { length: TRANSFERS_PER_BLOCK },
    () => [keyOf(randomInt(count)), keyOf(randomInt(count))] as const,
  )
  const apply = await costOf(() => {
    for (const [from, to] of transfers) {
      layer.attempt(() => {
        const sender = layer.get(accounts, from) ?? NEW
        layer.set(accounts, from, { ...sender, balance: sender.balance - 1n, nonce: sender.nonce + 1 })
        const receiver = layer.get(accounts, to) ?? NEW
        layer.set(accounts, to, { ...receiver, balance: receiver.balance + 1n })
      })
    }
  })
  const root = await costOf(() => layer.root())
  const changed = [...layer.changedKeys(accounts)]
  const bare = await bareRoot(disk, changed)
  const final = await costOf(() => disk.state.finalize(layer, pointAt(disk.state.point.height + 1)))
  return {
    applyUs: (apply.cpuSeconds / TRANSFERS_PER_BLOCK) * 1e6,
    rootUs: (root.cpuSeconds / changed.length) * 1e6,
    bareUs: (bare / changed.length) * 1e6,
    finalizeUs: (final.cpuSeconds / changed.length) * 1e6,
  }
}

const toMiB = (bytes: number): number => bytes / 1024 ** 2

async function serve(folder: string, count: number, blocks: number): Promise<void> {
  const start = await costOf(() => openState(folder))
  const disk = start.result
  const startRssMiB = toMiB(process.memoryUsage.rss())
  const runs = []
  // Compiled and warm before it counts.
  for (let block = -5; block < blocks; block += 1) {
    const run = await runBlock(disk, count)
    // Between blocks the state may be saved.
    await setImmediate()
    if (block >= 0) runs.push(run)
  }
  const save = await costOf(() => disk.save())
  print({
    startSec: start.seconds,
    startCpuSec: start.cpuSeconds,
    startRssMiB,
    maxRssMiB: process.resourceUsage().maxRSS / 1024,
    saveSec: save.seconds,
    saveCpuSec: save.cpuSeconds,
    applyUs: median(runs.map(({ applyUs }) => applyUs)),
    rootUs: median(runs.map(({ rootUs }) => rootUs)),
    bareUs: median(runs.map(({ bareUs }) => bareUs)),
    finalizeUs: median(runs.map(({ finalizeUs }) => finalizeUs)),
  })
}

interface Served {
  readonly startSec: number
  readonly startCpuSec: number
  readonly startRssMiB: number
  readonly maxRssMiB: number
  readonly saveSec: number
  readonly saveCpuSec: number
  readonly applyUs: number
  readonly rootUs: number
  readonly bareUs: number
  readonly finalizeUs: number
}

async function compare(count: number, blocks: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-bench-state-'))
  try {
    const options = ['--accounts', String(count), '--blocks', String(blocks), '--folder', folder]
    progress(`building ${count} accounts`)
    const { result: built } = await runBench<{ cpuSeconds: number; bareStartSec: number }>('ledger-state', [
      ...options,
      '--build',
    ])
    const diskMiB = toMiB((await stat(join(folder, 'data.mdb'))).size)
    progress(`starting, then ${blocks} blocks of ${TRANSFERS_PER_BLOCK} transfers`)
    const { result: served } = await runBench<Served>('ledger-state', options)
    const rootOverBare = served.rootUs / served.bareUs
    const row = (name: string, value: number, unit: string): readonly string[] => [name, shortNumber(value), unit]
    console.log(
      drawTable(
        ['', 'measured', 'unit'],
        [
          row('build', built.cpuSeconds, 'CPU s'),
          row('on disk', diskMiB, 'MiB'),
          row('start', served.startSec, 's'),
          row('start, reading and hashing alone', built.bareStartSec, 's'),
          row('RSS after the start', served.startRssMiB, 'MiB'),
          row('RSS at most', served.maxRssMiB, 'MiB'),
          row('apply a transfer', served.applyUs, 'us CPU'),
          row('root, each changed account', served.rootUs, 'us CPU'),
          row('root, hashing alone', served.bareUs, 'us CPU'),
          row('final, each changed account', served.finalizeUs, 'us CPU'),
          row('save at the end', served.saveSec, 's'),
        ],
      ),
    )
    closeReport({
      bench: 'ledger-state',
      goals: [
        { name: 'start from disk, s', value: served.startSec, bound: 5, relation: 'at most' },
        { name: 'resident memory, MiB', value: served.maxRssMiB, bound: 600, relation: 'at most' },
        { name: 'root, us of CPU each changed account', value: served.rootUs, bound: 10, relation: 'at most' },
      ],
      figures: {
        accounts: count,
        blocks,
        buildCpuSec: built.cpuSeconds,
        diskMiB,
        rootOverBare,
        ...withoutGoals(served),
      },
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const withoutGoals = ({ ...figures }: Served & { readonly goals?: unknown }): object => {
  delete figures.goals
  return figures
}

const count = numberOption('accounts', 1_000_000)
const blocks = numberOption('blocks', 30)
const folderAt = process.argv.indexOf('--folder')
const folder = folderAt < 0 ? undefined : process.argv[folderAt + 1]
if (folder === undefined) await compare(count, blocks)
else if (process.argv.includes('--build')) await build(folder, count)
else await serve(folder, count, blocks)
