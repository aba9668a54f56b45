import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { unlinkSync, writeFileSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fullSlice, isWhole, Network, PROGRAM } from '../src/index.ts'

const NODES = 4
const SMALL_DISK_MIB = 24
/** More than one idle block, so that everything a node keeps was tried on the full disk. */
const BLOCKS_MEANWHILE = 4
/** A mount of our own needs no root where namespaces are allowed. */
const OWN_MOUNTS = ['unshare', '--user', '--map-root-user', '--mount'] as const
const mayMount = spawnSync(OWN_MOUNTS[0], [...OWN_MOUNTS.slice(1), 'true']).status === 0
const whySkipped = (): string | false => {
  if (!mayMount) return 'no namespaces of our own on this machine'
  return fullSlice ? false : 'it takes half a minute'
}

const heightOf = async (network: Network): Promise<number> =>
  (await network.json<{ height: number }>(['ledger', 'status'])).height

/** Until a write of one byte fails. */
function fill(path: string): void {
  for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      assert(error instanceof Error && 'code' in error && error.code === 'ENOSPC', String(error))
    }
  }
}

test('a node whose whole disk is full lives on, the ledger goes on without it, and with room it takes part again', {
  skip: whySkipped(),
  timeout: 180_000,
}, async (t) => {
  await using network = await Network.up(NODES)
  await network.json(['down'])
  const small = join(network.folder, 'nodes', '1')
  const steps = [
    'cp -a "$0/nodes/1" "$0/kept"',
    `mount -t tmpfs -o size=${SMALL_DISK_MIB}m small "$0/nodes/1"`,
    'cp -a "$0/kept/." "$0/nodes/1"',
    '"$1" "$2" up --data "$0" >&2',
    'echo ready',
    'exec sleep 600',
  ]
  const [command, ...options] = OWN_MOUNTS
  const script = [...options, 'sh', '-c', steps.join(' && '), network.folder, process.execPath, PROGRAM]
  const keeper = spawn(command, script, { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => keeper.kill())
  await once(keeper.stdout, 'data')
  const before = await network.until('whole', (now) => isWhole(now, NODES))
  // Only the daemons and the keeper see this disk.
  const within = join(`/proc/${keeper.pid}/root`, small)
  const filler = join(within, 'filler')

  fill(filler)
  const height = await heightOf(network)
  while ((await heightOf(network)) < height + BLOCKS_MEANWHILE) await network.tree()
  const pids = ({ nodes }: { nodes: typeof before.nodes }) => nodes.map(({ pid }) => pid).sort()
  assert.deepEqual(pids(await network.tree()), pids(before))

  unlinkSync(filler)
  await network.json(['down'])
  const kept = join(network.folder, 'kept')
  await rm(kept, { recursive: true })
  await cp(within, kept, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  await rm(small, { recursive: true })
  await rename(kept, small)
  await network.json(['up'])
  await network.until('whole again', (now) => isWhole(now, NODES))
  const { account } = await network.json<{ account: string }>(['wallet', 'create', '-o', join(network.folder, 'key')])
  await network.json(['wallet', 'send', account, '1'])
})
