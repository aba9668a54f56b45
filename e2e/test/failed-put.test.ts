import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statfsSync } from 'node:fs'
import { rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isWhole, jsonOf, Network, PROGRAM } from '../src/index.ts'

const MIB = 1024 * 1024
const NODES = 5
const SMALL_DISK_BYTES = 16 * MIB
const NODES_ON_SMALL_DISKS = [1, 2]
/** A mount of our own needs no root where namespaces are allowed. */
const OWN_MOUNTS = ['unshare', '--user', '--map-root-user', '--mount'] as const
const mayMount = spawnSync(OWN_MOUNTS[0], [...OWN_MOUNTS.slice(1), 'true']).status === 0

const storeOf = (network: Network, index: number): string => join(network.folder, 'nodes', String(index), 'store')

/** Shard files of all nodes. */
const shardFiles = (network: Network): number =>
  Array.from({ length: NODES }, (_, at) => join(storeOf(network, at + 1), 'shards'))
    .filter((folder) => existsSync(folder))
    .reduce((sum, folder) => sum + readdirSync(folder).length, 0)

async function storedBytes(network: Network): Promise<number> {
  const { nodes } = await network.json<{ nodes: { load: { storedBytes: number } | null }[] }>(['net', 'tree'])
  return nodes.reduce((sum, { load }) => sum + (load?.storedBytes ?? 0), 0)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

/** A file that takes no room here; encrypted, its shards do. */
async function sparseFile(network: Network, bytes: number): Promise<string> {
  const path = join(network.folder, 'source')
  await writeFile(path, '')
  await truncate(path, bytes)
  return path
}

const why = mayMount ? false : 'no namespaces of our own on this machine'
test('disks that run full fail a put with the reason, and have their room back', {
  skip: why,
  timeout: 180_000,
}, async () => {
  await using network = await Network.up(NODES)
  await network.json(['down'])
  const mounts = NODES_ON_SMALL_DISKS.map(
    (index) => `mount -t tmpfs -o size=${SMALL_DISK_BYTES} small "$0/nodes/${index}/store"`,
  )
  const script = [...mounts, `exec "$1" "$2" up --data "$0"`].join(' && ')
  const [command, ...options] = OWN_MOUNTS
  await promisify(execFile)(command, [...options, 'sh', '-c', script, network.folder, process.execPath, PROGRAM])
  const tree = await network.until('whole', (now) => isWhole(now, NODES))
  const usedBytes = (): number =>
    NODES_ON_SMALL_DISKS.reduce((sum, index) => {
      // The daemons alone see these disks.
      const disk = statfsSync(join(`/proc/${tree.nodes[0]?.pid}/root`, storeOf(network, index)))
      return sum + (disk.blocks - disk.bfree) * disk.bsize
    }, 0)
  const usedBefore = usedBytes()

  const failed = await network.run(['file', 'put', await sparseFile(network, 100 * MIB), '--json'])
  assert.equal(failed.code, 1)
  const { error } = jsonOf(failed) as { error: { code: string; message: string } }
  assert.equal(error.code, 'STORE_QUORUM_SHORT')
  assert.match(error.message, /node \S+ is full \([\d.]+ \S+ free, a shard takes 1\.0 MiB\).*free some space there/)
  await until(async () => (await storedBytes(network)) === 0)
  assert.equal(shardFiles(network), 0)
  // What is left is the index.
  assert.ok(usedBytes() - usedBefore < MIB, `${usedBytes()} after ${usedBefore}`)

  const small = await sparseFile(network, 6 * MIB)
  const { missingShards } = await network.json<{ missingShards: number }>(['file', 'put', small])
  assert.equal(missingShards, 0)
})

test('a put that is interrupted, or whose daemon is stopped, leaves nothing behind', { timeout: 180_000 }, async () => {
  await using network = await Network.up(NODES)
  const large = await sparseFile(network, 4096 * MIB)
  const abort = new AbortController()
  const put = network.run(['file', 'put', large], { signal: abort.signal })
  await until(() => shardFiles(network) >= 20)
  abort.abort()
  assert.equal((await put).code, 130)
  await until(() => shardFiles(network) === 0)
  assert.equal(await storedBytes(network), 0)

  const again = network.run(['file', 'put', large, '--json'])
  await until(() => shardFiles(network) >= 20)
  // Commands ask the first daemon that answers; it may be busy with the put for a moment.
  const { self } = await network.json<{ self: { pid: number } }>(['status'])
  process.kill(self.pid, 'SIGTERM')
  assert.equal((await again).code, 1)
  await until(() => shardFiles(network) === 0)
})

test('records on a full disk: nothing is begun that could not be written down', {
  skip: why,
  timeout: 180_000,
}, async () => {
  await using network = await Network.up(2)
  await network.json(['down'])
  const records = join(network.folder, 'records')
  const steps = [
    // Who pays: the same user as before.
    'key=$(mktemp) && cp "$0/records/wallet.key" "$key"',
    'mount -t tmpfs -o size=1m small "$0/records" && mkdir "$0/records/jobs" && mv "$key" "$0/records/wallet.key"',
    'exec "$1" "$2" up --data "$0"',
  ]
  const script = steps.join(' && ')
  const [command, ...options] = OWN_MOUNTS
  await promisify(execFile)(command, [...options, 'sh', '-c', script, network.folder, process.execPath, PROGRAM])
  const tree = await network.until('whole', (now) => isWhole(now, 2))
  const seen = join(`/proc/${tree.nodes[0]?.pid}/root`, records)
  const small = await sparseFile(network, 1000)
  const { capability } = await network.json<{ capability: string }>(['file', 'put', small, '--coding', '1+1'])
  await assert.rejects(writeFile(join(seen, 'filler'), Buffer.alloc(2 * MIB)), { code: 'ENOSPC' })

  const before = shardFiles(network)
  for (const words of [
    ['file', 'put', small, '--coding', '1+1'],
    ['job', 'run', capability],
  ]) {
    const failed = await network.run([...words, '--json'])
    assert.equal(failed.code, 1)
    const { error } = jsonOf(failed) as { error: { code: string; message: string } }
    assert.equal(error.code, 'NODE_DISK_FULL')
    assert.match(error.message, /no room left for .* in .*records.*: free some space there/)
  }
  assert.equal(shardFiles(network), before)
  await rm(join(seen, 'filler'))
  const { files } = await network.json<{ files: unknown[] }>(['file', 'ls'])
  const { jobs } = await network.json<{ jobs: unknown[] }>(['job', 'ls'])
  assert.deepEqual([files.length, jobs.length], [1, 0])
  const { listed } = await network.json<{ listed: boolean }>(['file', 'put', small, '--coding', '1+1'])
  assert.equal(listed, true)
})
