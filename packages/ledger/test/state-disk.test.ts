import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { limits, silentLogger } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { DiskState } from '../src/index.ts'
import { fullSlice } from './full-slice.ts'
import { applyBlock, modelAt, pointAt } from './state-blocks.ts'
import { testTables } from './state-tables.ts'

const run = promisify(execFile)
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const OWN_MOUNTS = ['unshare', '--user', '--map-root-user', '--mount'] as const
const mayMount = spawnSync(OWN_MOUNTS[0], [...OWN_MOUNTS.slice(1), 'true']).status === 0

const optionsFor = (folder: string) => ({ folder, tables: testTables, logger: silentLogger })

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'borgios-state-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function advance({ state }: DiskState, seed: number, to: number): void {
  for (let height = (state.point.height ?? 0) + 1; height <= to; height += 1) {
    const layer = state.layer()
    applyBlock(layer, seed, height)
    state.finalize(layer, pointAt(height))
  }
}

function assertIsAt({ state }: DiskState, seed: number, height: number): void {
  const model = modelAt(seed, height)
  assert.deepEqual(state.point, pointAt(height))
  assert.deepEqual(state.root, model.root())
  model.assertSame(
    state,
    Array.from({ length: 300 }, (_, key) => key * 10),
  )
}

test('what was saved is there after a new start, what was not is not', async () => {
  await withFolder(async (folder) => {
    const first = await DiskState.open(optionsFor(folder))
    assert.equal(first.savedPoint, undefined)
    advance(first, 5, 4)
    await first.save()
    advance(first, 5, 6)
    const again = await DiskState.open(optionsFor(folder))
    assertIsAt(again, 5, 4)
    advance(again, 5, 9)
    await again.close()
    assertIsAt(await DiskState.open(optionsFor(folder)), 5, 9)
  })
})

test('it is saved by itself after so many blocks', async () => {
  await withFolder(async (folder) => {
    const disk = await DiskState.open(optionsFor(folder))
    for (let height = 1; height <= 1_100; height += 1) disk.state.finalize(disk.state.layer(), pointAt(height))
    while (disk.savedPoint === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal((await DiskState.open(optionsFor(folder))).state.point.height, disk.savedPoint.height)
  })
})

/** Lines of a writer until it is killed after so many blocks were saved; the highest that it said was saved. */
async function killedAfter(writer: ChildProcess, lines: number, delayMs: number): Promise<number> {
  assert(writer.stdout !== null)
  let saved = 0
  let left = lines
  for await (const line of createInterface({ input: writer.stdout })) {
    const [word, height] = line.split(' ')
    if (word === 'saved') saved = Math.max(saved, Number(height))
    left -= 1
    if (left === 0) setTimeout(() => writer.kill('SIGKILL'), delayMs)
  }
  if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')
  assert.equal(writer.signalCode, 'SIGKILL')
  return saved
}

test('killed at any moment, the state on disk is that of one block, and no older than was said', async (t) => {
  const seed = Math.floor(Math.random() * 1e6)
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  await withFolder(async (folder) => {
    let least = 0
    for (let kill = 0; kill < (fullSlice ? 15 : 5); kill += 1) {
      const writer = spawn(process.execPath, [program('state-writer.ts'), folder, String(seed)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      least = Math.max(least, await killedAfter(writer, 1 + random.below(12), random.below(40)))
      const disk = await DiskState.open(optionsFor(folder))
      const height = disk.state.point.height
      assert(height >= least, `height ${height} on disk, ${least} was said to be saved; seed ${seed}`)
      assertIsAt(disk, seed, height)
    }
    assert(least > 0, 'the writers saved something')
  })
})

test('a state whose bytes rotted is noticed, or was not touched by it', async (t) => {
  const seed = Math.floor(Math.random() * 1e6)
  t.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  await withFolder(async (folder) => {
    const sound = join(folder, 'sound')
    const rotten = join(folder, 'rotten')
    const disk = await DiskState.open(optionsFor(sound))
    advance(disk, seed, 30)
    await disk.close()
    const right = { height: 30, root: Buffer.from(disk.state.root).toString('hex') }
    let noticed = 0
    for (let turn = 0; turn < (fullSlice ? 30 : 8); turn += 1) {
      await cp(sound, rotten, { recursive: true })
      const file = join(rotten, 'data.mdb')
      const bytes = await readFile(file)
      // A byte of some bucket: of those that hold our text.
      const at = bytes.indexOf('xxxx', random.below(bytes.length / 2))
      bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255))
      await writeFile(file, bytes)
      const { stdout } = await run(process.execPath, [program('state-opener.ts'), rotten])
      const outcome: unknown = JSON.parse(stdout)
      if (JSON.stringify(outcome) === JSON.stringify(right)) continue
      assert.match(stdout, /"LEDGER_STATE_CORRUPT".*damaged: .*delete this folder and start again/, `seed ${seed}`)
      noticed += 1
    }
    assert(noticed > 0, `seed ${seed}`)
  })
})

test('after three starts that died over it the state is given up, after two it is read', async () => {
  await withFolder(async (folder) => {
    const disk = await DiskState.open(optionsFor(folder))
    advance(disk, 1, 2)
    await disk.close()
    await writeFile(join(folder, 'reading'), '..')
    assertIsAt(await DiskState.open(optionsFor(folder)), 1, 2)
    await writeFile(join(folder, 'reading'), '...')
    await assert.rejects(DiskState.open(optionsFor(folder)), { code: 'LEDGER_STATE_CORRUPT' })
    await rm(folder, { recursive: true })
    assert.equal((await DiskState.open(optionsFor(folder))).savedPoint, undefined)
  })
})

test('whatever keeps a due save from ending well is logged, and the next one is tried', async () => {
  await withFolder(async (folder) => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (_: string, fields: unknown) => void warnings.push(fields) }
    const beforeSave = async (): Promise<void> => {
      if (warnings.length === 0) throw new TypeError('a mistake')
    }
    const disk = await DiskState.open({ ...optionsFor(folder), logger, beforeSave })
    advance(disk, 5, limits.ledgerState.saveBlocks)
    while (warnings.length === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(warnings, [{ why: 'a mistake' }])
    await disk.save()
    assert.equal(disk.savedPoint?.height, limits.ledgerState.saveBlocks)
  })
})

for (const name of ['state-full-disk.ts', 'tracker-full-disk.ts']) {
  test(`a full disk: said, whole, and over once there is room (${name})`, {
    skip: mayMount ? false : 'this user may not mount',
  }, async () => {
    await withFolder(async (folder) => {
      const script = 'mount -t tmpfs -o size=3m small "$0" && exec "$1" "$2" "$0"'
      const [command, ...options] = OWN_MOUNTS
      await run(command, [...options, 'sh', '-c', script, folder, process.execPath, program(name)])
    })
  })
}
