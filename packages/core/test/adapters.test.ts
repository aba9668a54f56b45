import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { createFileLogger, systemRandom, systemTimers, writeFileDurably } from '@borgios/core/adapters'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'borgios-core-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a durable write creates and replaces, readable by its owner only', async () => {
  const path = join(folder, 'key')
  await writeFileDurably(path, 'one')
  await writeFileDurably(path, Uint8Array.of(1, 2))
  assert.deepEqual(new Uint8Array(await readFile(path)), Uint8Array.of(1, 2))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  await writeFileDurably(path, 'open', 0o644)
  assert.equal((await stat(path)).mode & 0o777, 0o644)
  assert.deepEqual(await readdir(folder), ['key'])
})

test('a durable write syncs the file before it takes its place, and then the folder', async (t) => {
  const path = join(folder, 'key')
  const probe = await open(join(folder, 'probe'), 'w')
  const files = Object.getPrototypeOf(probe) as FileHandle
  await probe.close()
  const calls: string[] = []
  for (const name of ['datasync', 'sync'] as const) {
    const original = files[name]
    t.mock.method(files, name, async function (this: FileHandle) {
      calls.push(`${name} ${(await readdir(folder)).includes('key') ? 'after' : 'before'} it is there`)
      return original.call(this)
    })
  }
  await writeFileDurably(path, 'one')
  assert.deepEqual(calls, ['datasync before it is there', 'sync after it is there'])
})

test('a durable write that fails leaves what was there, and nothing besides', async () => {
  const path = join(folder, 'held')
  await mkdir(path)
  await writeFile(join(path, 'inside'), 'old')
  await assert.rejects(writeFileDurably(path, 'new'), { code: 'EISDIR' })
  assert.equal(await readFile(join(path, 'inside'), 'utf8'), 'old')
  assert.deepEqual(await readdir(folder), ['held'])
  await assert.rejects(writeFileDurably(join(folder, 'none', 'file'), 'new'), { code: 'ENOENT' })
})

test('a write that fails half-way keeps the old content', async () => {
  const path = join(folder, 'key')
  await writeFileDurably(path, 'old')
  const impossible = 7 as unknown as string
  await assert.rejects(writeFileDurably(path, impossible))
  assert.equal(await readFile(path, 'utf8'), 'old')
  assert.deepEqual(await readdir(folder), ['key'])
})

test('writes to one file at the same time leave one of the contents whole', async () => {
  const path = join(folder, 'key')
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000))
  await Promise.all(contents.map((content) => writeFileDurably(path, content)))
  assert.ok(contents.includes(await readFile(path, 'utf8')))
  assert.deepEqual(await readdir(folder), ['key'])
})

test('a log line is one JSON object with its message and fields', async () => {
  const path = join(folder, 'node.log')
  const log = createFileLogger({ path, level: 'info' }).child({ room: 'store' })
  log.debug('left out')
  log.info('shard stored', { shard: 's1', bytes: 5 })
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
  assert.equal(lines.length, 1)
  const { msg, room, shard, bytes } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.deepEqual({ msg, room, shard, bytes }, { msg: 'shard stored', room: 'store', shard: 's1', bytes: 5 })
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test('real timers fire, can be cancelled, and a sleep ends with the reason of its signal', async () => {
  const fired = await new Promise((resolve) => {
    const cancel = systemTimers.after(1, () => resolve('cancelled one'))
    cancel()
    systemTimers.after(5, () => resolve('second'))
    systemTimers.sleep(20)
  })
  assert.equal(fired, 'second')
  const reason = new Error('enough')
  await assert.rejects(systemTimers.sleep(60_000, AbortSignal.abort(reason)), reason)
})

test('a timer keeps no process alive, a sleep does', () => {
  const run = (call: string, timeout: number) => {
    const script = `import { systemTimers } from '@borgios/core/adapters'; ${call}`
    const options = { cwd: import.meta.dirname, timeout }
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], options).signal
  }
  assert.equal(run('systemTimers.after(3_600_000, () => {})', 30_000), null)
  assert.equal(run('systemTimers.sleep(3_600_000)', 1_000), 'SIGTERM')
})

test('real randomness gives what was asked for', () => {
  assert.equal(systemRandom.bytes(33).length, 33)
  assert.notDeepEqual(systemRandom.bytes(32), systemRandom.bytes(32))
  const drawn = new Set(Array.from({ length: 200 }, () => systemRandom.below(3)))
  assert.deepEqual([...drawn].sort(), [0, 1, 2])
})
