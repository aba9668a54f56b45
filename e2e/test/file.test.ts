import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fullSlice, isWhole, jsonOf, Network, PROGRAM } from '../src/index.ts'

/** Longer than `limits.node.eventSilenceMs`. */
const LONG_PAUSE_MS = 65_000

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('files survive the loss of two of five nodes, and every mistake is answered with its code', async (t) => {
  await using network = await Network.up(5)
  const content = randomBytes(9_000_001)
  const source = join(network.folder, 'source.bin')
  await writeFile(source, content)
  let capability = ''

  await t.test('put says the capability and the size, ls and info know the file', async () => {
    const put = await network.json<{ capability: string; bytes: number }>(['file', 'put', source])
    assert.equal(put.bytes, content.length)
    assert.deepEqual(Object.keys(put).slice(0, 2), ['capability', 'bytes'])
    capability = put.capability
    const { files } = await network.json<{ files: { name: string; capability: string }[] }>(['file', 'ls'])
    assert.deepEqual(
      files.map((file) => [file.name, file.capability]),
      [['source.bin', capability]],
    )
    const info = await network.json<{ shards: number; presentShards: number; verified: boolean; holders: unknown[] }>([
      ...['file', 'info', capability, '--verify'],
    ])
    assert.equal(info.presentShards, info.shards)
    assert.equal(info.verified, true)
    assert.equal(info.holders.length, 5)
    const text = await network.run(['file', 'put', source, '--name', 'again'])
    assert.match(text.stdout, /^borgios-file-1-[a-z2-7]+\n$/)
  })

  await t.test('an empty file and a pipe are files, too', async () => {
    const empty = join(network.folder, 'empty')
    await writeFile(empty, '')
    const put = await network.json<{ capability: string; bytes: number }>(['file', 'put', empty])
    assert.equal(put.bytes, 0)
    const piped = await network.run(['file', 'put', '-', '--json'], { input: 'from a pipe' })
    const got = await network.run(['file', 'get', String(jsonOf(piped)['capability']), '-o', '-'])
    assert.equal(got.stdout, 'from a pipe')
  })

  await t.test('a wrong, cut or unknown capability and an unreadable file are refused with their codes', async () => {
    const target = join(network.folder, 'never')
    for (const wrong of [
      capability.slice(0, -3),
      `${capability}a`,
      capability.replace(/.$/, (c) => (c === 'a' ? 'b' : 'a')),
      'x',
    ]) {
      const outcome = await network.run(['file', 'get', wrong, '-o', target, '--json'])
      assert.equal(outcome.code, 2, wrong)
      assert.equal((jsonOf(outcome) as { error: { code: string } }).error.code, 'STORE_BAD_CAPABILITY')
    }
    await assert.rejects(stat(target))
    assert.equal((await network.run(['file', 'put', '/nonexistent'])).code, 3)
    assert.equal((await network.run(['file', 'put', network.folder])).code, 2)
    assert.equal((await network.run(['why', 'nsuchnode'])).code, 3)
  })

  await t.test('get names what it replaced, and replaces nothing when told so or when nothing was named', async () => {
    const folder = join(network.folder, 'here')
    await mkdir(folder)
    const get = ['file', 'get', capability]
    const first = await network.run([...get, '--json'], { folder })
    assert.equal(jsonOf(first)['replaced'], false)
    assert.equal((await network.json([...get, '-o', join(folder, 'source.bin')]))['replaced'], true)
    await writeFile(join(folder, 'source.bin'), 'mine')
    assert.equal((await network.run(get, { folder })).code, 4)
    assert.equal((await network.run([...get, '-n', '-o', join(folder, 'source.bin')])).code, 4)
    assert.equal(await readFile(join(folder, 'source.bin'), 'utf8'), 'mine')
    assert.equal((await network.run([...get, '-o', folder])).code, 2)
    const nowhere = await network.run([...get, '-o', join(folder, 'none', 'x')])
    assert.equal(nowhere.code, 3)
    assert.doesNotMatch(nowhere.stderr, /\.part/)
  })

  await t.test('get leaves a device as it is and replaces a file as a whole', async () => {
    assert.equal((await network.run(['file', 'get', capability, '-o', '/dev/null'])).code, 0)
    assert((await stat('/dev/null')).isCharacterDevice())
    const target = join(network.folder, 'target')
    await writeFile(target, 'before')
    assert.equal((await network.run(['file', 'get', capability, '-o', target])).code, 0)
    assert.equal(sha256(await readFile(target)), sha256(content))
    assert.deepEqual(
      (await readdir(network.folder)).filter((name) => name.endsWith('.part')),
      [],
    )
  })

  const pause = { skip: fullSlice ? false : 'it takes a minute' }
  await t.test(
    'a reader that stands still for longer than a daemon may be silent gets the whole file',
    pause,
    async () => {
      const words = [PROGRAM, 'file', 'get', capability, '-o', '-', '--data', network.folder]
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(child, 'exit')
      const hash = createHash('sha256')
      let pauses = 0
      for await (const part of child.stdout) {
        hash.update(part)
        pauses += 1
        if (pauses === 1) await sleep(LONG_PAUSE_MS)
      }
      assert.deepEqual(await exit, [0, null])
      assert.equal(hash.digest('hex'), sha256(content))
    },
  )

  await t.test('with the root and another node killed the file is read, and is whole again after up', async () => {
    const tree = await network.tree()
    const victims = [tree.root, tree.nodes.find((node) => node.id !== tree.root)?.id]
    for (const id of victims) {
      const pid = tree.nodes.find((node) => node.id === id)?.pid
      assert(pid)
      process.kill(pid, 'SIGKILL')
    }
    const target = join(network.folder, 'back.bin')
    const got = await network.json<{ bytes: number }>(['file', 'get', capability, '-o', target])
    assert.equal(got.bytes, content.length)
    assert.equal(sha256(await readFile(target)), sha256(content))
    const tooFew = await network.run(['file', 'put', source, '--json'])
    assert.equal(tooFew.code, 1)
    assert.match(String((jsonOf(tooFew) as { error: { message: string } }).error.message), /nodes|validators/)

    await network.json(['up'])
    await network.until('whole again', (now) => isWhole(now, 5))
    const info = await network.json<{ shards: number; presentShards: number }>(['file', 'info', capability, '--verify'])
    assert.equal(info.presentShards, info.shards)
  })
})

test('two operators hold a file by default; what needs more is refused with the reason, not with a broken connection', async () => {
  await using network = await Network.up(2)
  const small = await network.json<{ coding: object; missingShards: number }>(['file', 'put', import.meta.filename])
  assert.deepEqual(small.coding, { data: 1, parity: 1 })
  assert.equal(small.missingShards, 0)
  const large = join(network.folder, 'large')
  await writeFile(large, Buffer.alloc(64 * 1024 * 1024))
  for (let round = 0; round < 3; round += 1) {
    const refused = await network.run(['file', 'put', large, '--coding', '3+2', '--json'])
    assert.equal((jsonOf(refused) as { error: { code: string } }).error.code, 'STORE_PLACEMENT_SHORT')
  }
})
