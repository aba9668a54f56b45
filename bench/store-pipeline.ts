/**
 * The limit a store is measured against: what this machine needs for the same stripes without a network (two codec threads,
 * same geometry, same durability of files), and for the same wire bytes over one mutual node:tls stream. `--mib 256 --json`
 */
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodecPool, type Coding } from '@borgios/store'
import { closeReport, numberOption } from './src/report.ts'
import { tlsSeconds } from './tls-stream.ts'

const SHARD_BYTES = 1024 * 1024
/** Stripes under way at once, as in the store. */
const IN_FLIGHT = 4
const CODING: Coding = { data: 3, parity: 2 }
const KEY = new Uint8Array(32).fill(7)

export interface PipelineOptions {
  readonly bytes: number
  readonly coding: Coding
  readonly folder: string
}

/** Elapsed seconds and seconds of CPU of this whole process. */
export interface Cost {
  readonly seconds: number
  readonly cpuSeconds: number
}

interface StoredStripe {
  readonly shards: Awaited<ReturnType<CodecPool['seal']>>['shards']
  readonly tags: Uint8Array
}

export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuSeconds: (user + system) / 1e6 }
}

/** Does jobs 0..count-1, so many at a time. */
async function inLanes(count: number, lanes: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      await job(index)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

const fileOf = (folder: string, stripe: number, position: number): string =>
  join(folder, String(position), String(stripe))

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w')
  await file.write(bytes)
  await file.datasync()
  await file.close()
}

/** Encrypts, codes, hashes and writes each stripe to one file per shard, with fdatasync. */
export async function pipelinePut(codec: CodecPool, options: PipelineOptions): Promise<readonly StoredStripe[]> {
  const { bytes, coding, folder } = options
  const total = coding.data + coding.parity
  const stripeBytes = coding.data * SHARD_BYTES
  const source = new Uint8Array(stripeBytes).map((_, at) => (at * 31) & 255)
  for (let position = 0; position < total; position += 1) {
    await mkdir(join(folder, String(position)), { recursive: true })
  }
  const stored: StoredStripe[] = []
  await inLanes(Math.ceil(bytes / stripeBytes), IN_FLIGHT, (stripe) =>
    codec.slots.with(async ({ address, bytes: region }) => {
      const place = { address, coding, shardBytes: SHARD_BYTES }
      stored[stripe] = await codec.plainTexts.with((plain) => {
        plain.bytes.set(source)
        return codec.seal(place, plain.address, KEY, stripe)
      })
      const write = (_: unknown, position: number): Promise<void> =>
        writeDurably(
          fileOf(folder, stripe, position),
          region.subarray(position * SHARD_BYTES, (position + 1) * SHARD_BYTES),
        )
      await Promise.all(Array.from({ length: total }, write))
    }),
  )
  return stored
}

/** Reads as many shards of each stripe as it takes, verifies, decodes where one is a parity shard, and decrypts. */
export async function pipelineGet(
  codec: CodecPool,
  { coding, folder }: PipelineOptions,
  stored: readonly StoredStripe[],
): Promise<void> {
  const total = coding.data + coding.parity
  await inLanes(stored.length, IN_FLIGHT, (stripe) =>
    codec.slots.with(async ({ address, bytes: region }) => {
      const found = stored[stripe]
      if (found === undefined) throw new Error('a stripe was not stored')
      // As on a node of five: one shard is its own, whichever it is; the others are the first data shards.
      const own = stripe % total
      const others = Array.from({ length: coding.data }, (_, position) => position).filter(
        (position) => position !== own,
      )
      const positions = [own, ...others].slice(0, coding.data)
      const given = await Promise.all(
        positions.map(async (position) => {
          const file = await open(fileOf(folder, stripe, position))
          await file.read(region, position * SHARD_BYTES, SHARD_BYTES, 0)
          await file.close()
          const shard = found.shards[position]
          if (shard === undefined) throw new Error('a stripe has fewer shards than its coding')
          return { position, shard }
        }),
      )
      const opened = await codec.open({ address, coding, shardBytes: SHARD_BYTES }, given, KEY, stripe, found.tags)
      if (opened.outcome !== 'opened') throw new Error(`a stripe did not open: ${opened.outcome}`)
    }),
  )
}

export interface RunLimit {
  readonly put: Cost
  readonly get: Cost
  readonly putTlsSeconds: number
  readonly getTlsSeconds: number
  /** What the machine allows: local pipeline plus wire. */
  readonly putLimitSeconds: number
  readonly getLimitSeconds: number
}

/** Measures the limit for one put and get of so many bytes over as many nodes as a stripe has shards. */
async function measureRunLimit(bytes: number, coding: Coding): Promise<RunLimit> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-limit-'))
  const codec = new CodecPool()
  try {
    const options = { bytes, coding, folder }
    let stored: readonly StoredStripe[] = []
    // Threads and kernel are warm before the clock runs, as in a node that is up.
    await pipelinePut(codec, { ...options, bytes: 8 * SHARD_BYTES * coding.data })
    const put = await costOf(async () => {
      stored = await pipelinePut(codec, options)
    })
    const get = await costOf(() => pipelineGet(codec, options, stored))
    const total = coding.data + coding.parity
    // All but the node's own shard of each stripe crosses the wire.
    const putTlsSeconds = await tlsSeconds(Math.ceil((bytes * (total - 1)) / coding.data))
    const getTlsSeconds = await tlsSeconds(Math.ceil((bytes * (coding.data - 1)) / coding.data))
    return {
      ...{ put, get, putTlsSeconds, getTlsSeconds },
      putLimitSeconds: put.seconds + putTlsSeconds,
      getLimitSeconds: get.seconds + getTlsSeconds,
    }
  } finally {
    await codec.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const bytes = numberOption('mib', 256) * 1024 * 1024
const limit = await measureRunLimit(bytes, CODING)
const perGiB = 1024 ** 3 / bytes
const rate = (seconds: number): number => Math.round(bytes / 1024 ** 2 / seconds)
console.table({
  put: {
    'MiB/s': rate(limit.put.seconds),
    'CPU s/GiB': (limit.put.cpuSeconds * perGiB).toFixed(2),
    tlsSeconds: limit.putTlsSeconds.toFixed(2),
    'limit MiB/s': rate(limit.putLimitSeconds),
  },
  get: {
    'MiB/s': rate(limit.get.seconds),
    'CPU s/GiB': (limit.get.cpuSeconds * perGiB).toFixed(2),
    tlsSeconds: limit.getTlsSeconds.toFixed(2),
    'limit MiB/s': rate(limit.getLimitSeconds),
  },
})
closeReport({ bench: 'store-pipeline', goals: [], figures: { mib: bytes / 1024 ** 2, ...limit } })
