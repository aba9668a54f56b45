import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isWhole, jsonOf, Network } from '../src/index.ts'

const DEADLINE_MS = 60_000

interface Info {
  readonly shards: number
  readonly presentShards: number
}

const shardFolder = (network: Network, node: number): string =>
  join(network.folder, 'nodes', String(node), 'store', 'shards')

/** Flips one bit in the middle of every shard a node holds; returns how many. */
async function flipBits(folder: string): Promise<number> {
  const names = await readdir(folder)
  for (const name of names) {
    const bytes = await readFile(join(folder, name))
    const at = bytes.length >> 1
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    await writeFile(join(folder, name), bytes)
  }
  return names.length
}

test('damaged shards and lost nodes are noticed, named, and made good', async (t) => {
  await using network = await Network.up(5)
  const content = randomBytes(7_000_000)
  const source = join(network.folder, 'source.bin')
  await writeFile(source, content)
  const { capability } = await network.json<{ capability: string }>(['file', 'put', source])
  const info = (): Promise<Info> => network.json<Info>(['file', 'info', capability, '--verify'])
  const whole = await info()
  assert.equal(whole.presentShards, whole.shards)

  await t.test('a bit flipped in every shard of two nodes: the file is read unharmed, and repaired', async () => {
    // The daemon that is asked reads its own shards first.
    const flipped = (await flipBits(shardFolder(network, 1))) + (await flipBits(shardFolder(network, 2)))
    assert.ok(flipped > 0)
    const target = join(network.folder, 'after-flips')
    await network.json(['file', 'get', capability, '-o', target])
    assert.ok((await readFile(target)).equals(content))
    for (const endMs = performance.now() + DEADLINE_MS; ; await sleep(500)) {
      const now = await info()
      if (now.presentShards === now.shards) break
      assert.ok(performance.now() < endMs, `not repaired: ${JSON.stringify(now)}`)
    }
  })

  await t.test('with three of five nodes gone the file cannot be read, and nothing is lost', async () => {
    const tree = await network.tree()
    const { self } = await network.json<{ self: { node: string } }>(['status'])
    const victims = tree.nodes.filter(({ id }) => id !== self.node).slice(0, 3)
    for (const { pid } of victims) {
      assert.ok(pid)
      process.kill(pid, 'SIGKILL')
    }
    const target = join(network.folder, 'never')
    const failed = await network.run(['file', 'get', capability, '-o', target, '--json'])
    assert.equal(failed.code, 1)
    const { code, message } = (jsonOf(failed) as { error: { code: string; message: string } }).error
    assert.equal(code, 'STORE_UNREADABLE')
    // A stripe of it, or, where all copies were on the dead, its manifest.
    assert.match(message, /cannot be read now: \d of its \d shards are missing/)
    assert.match(message, /start the nodes/)
    await assert.rejects(stat(target))
    const why = await network.json<{ state: string; todo: string }>(['why', capability])
    assert.equal(why.state, 'unreadable')

    await network.json(['up'])
    await network.until('whole again', (now) => isWhole(now, 5))
    await network.json(['file', 'get', capability, '-o', target])
    assert.ok((await readFile(target)).equals(content))
  })
})
