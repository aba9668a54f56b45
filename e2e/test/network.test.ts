import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { attached, fullSlice, isAlive, isWhole, Network, type TreeNode } from '../src/index.ts'

const pidsOf = (nodes: readonly TreeNode[]): number[] => nodes.flatMap((node) => node.pid ?? []).sort((a, b) => a - b)

test('up makes a network, up again harms nothing, down ends it, and up brings the same nodes back', async () => {
  await using network = await Network.open()
  const first = await network.json<{ nodes: TreeNode[]; root: string; degree: number; started: number }>([
    'up',
    '--nodes',
    '3',
  ])
  assert.equal(first.started, 3)
  assert.equal(first.degree, 2)

  const tree = await network.tree()
  assert.deepEqual(Object.keys(tree).slice(0, 3), ['root', 'degree', 'nodes'])
  assert(isWhole(tree, 3))
  for (const node of tree.nodes) {
    assert.deepEqual(Object.keys(node).slice(0, 6), ['id', 'pid', 'parent', 'children', 'depth', 'state'])
    assert(node.pid !== null && isAlive(node.pid))
  }
  for (const index of [1, 2, 3]) {
    const socket = await stat(join(network.folder, 'nodes', String(index), 'daemon.sock'))
    assert.equal(socket.mode & 0o777, 0o600)
  }

  const again = await network.run(['up'])
  assert.equal(again.code, 0)
  assert.match(again.stdout, /Already running/)
  assert.deepEqual(pidsOf((await network.tree()).nodes), pidsOf(tree.nodes))
  const smaller = await network.run(['up', '--nodes', '2'])
  assert.equal(smaller.code, 2)

  const down = await network.json(['down'])
  assert.equal(down['stopped'], 3)
  for (const pid of pidsOf(tree.nodes)) assert(!isAlive(pid))
  assert.equal((await network.run(['status'])).code, 3)

  await network.json(['up'])
  const back = await network.tree()
  assert.deepEqual(back.nodes.map((node) => node.id).sort(), tree.nodes.map((node) => node.id).sort())
})

test('the tree heals when its root is killed or a node freezes, and up brings back what is missing', async () => {
  await using network = await Network.up(4)
  const whole = await network.tree()
  const root = whole.nodes.find((node) => node.id === whole.root)
  assert(root?.pid)
  process.kill(root.pid, 'SIGKILL')
  const healed = await network.until('healed without its root', (tree) => isWhole(tree, 3))
  assert.notEqual(healed.root, whole.root)
  assert.equal(healed.nodes.find((node) => node.id === root.id)?.state, 'down')
  const why = await network.json(['why', root.id.slice(0, 10)])
  assert.equal(why['state'], 'down')

  const frozen = attached(healed).find((node) => node.parent !== null)
  assert(frozen?.pid)
  process.kill(frozen.pid, 'SIGSTOP')
  try {
    await network.until('healed around the frozen node', (tree) => isWhole(tree, 2))
  } finally {
    process.kill(frozen.pid, 'SIGCONT')
  }
  await network.until('taken the thawed node back', (tree) => isWhole(tree, 3))
  const up = await network.json<{ started: number; alreadyRunning: number }>(['up'])
  assert.deepEqual([up.started, up.alreadyRunning], [1, 3])
  assert(isWhole(await network.tree(), 4))
})

test('beside a frozen node every command answers, up names it, and down ends it', async () => {
  await using network = await Network.up(3)
  const { nodes, root } = await network.tree()
  const frozen = nodes.find((node) => node.id !== root)
  assert(frozen?.pid)
  process.kill(frozen.pid, 'SIGSTOP')
  const seen = (await network.tree()).nodes.find((node) => node.id === frozen.id)
  assert.notEqual(seen?.state, 'attached')
  const why = await network.run(['why', frozen.id])
  assert.equal(why.code, 0)
  assert.match(why.stdout, /does not answer/)
  await network.until('lost the frozen node', (tree) => isWhole(tree, 2))
  const later = await network.run(['why', frozen.id])
  assert.match(later.stdout, /does not answer.*may be frozen/)
  assert.match(later.stdout, /kill -CONT/)

  const up = await network.run(['up'])
  assert.equal(up.code, 5)
  assert.match(up.stderr, new RegExp(`node \\d \\(process ${frozen.pid}\\)`))
  const down = await network.json(['down'])
  assert.equal(Number(down['stopped']) + Number(down['killed']), 3)
  assert(!isAlive(frozen.pid))
})

test('a stale pid file, a reused pid and a taken port do no harm', async () => {
  await using network = await Network.up(2)
  await network.run(['down'])
  // As after a crash, when the number belongs to somebody else by now.
  const pidFile = join(network.folder, 'nodes', '1', 'daemon.pid')
  await writeFile(pidFile, `${process.pid} some-other-boot/1\n`)
  assert.equal((await network.run(['down'])).code, 0)
  assert(isAlive(process.pid))

  const config = JSON.parse(await readFile(join(network.folder, 'nodes', '2', 'config.json'), 'utf8')) as {
    port: number
  }
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(config.port, '127.0.0.1', resolve))
  try {
    await network.json(['up'])
    const after = JSON.parse(await readFile(join(network.folder, 'nodes', '2', 'config.json'), 'utf8')) as {
      port: number
    }
    assert.notEqual(after.port, config.port)
    assert(isWhole(await network.tree(), 2))
  } finally {
    squatter.close()
  }
})

test('in the foreground the network lives as long as the command', { skip: !fullSlice }, async () => {
  await using network = await Network.open('d'.repeat(150))
  let pids: readonly number[] = []
  const outcome = await network.run(['up', '--nodes', '2', '--foreground'], {
    stopAt: {
      // Before it says so, Ctrl-C interrupts the start.
      said: /Ctrl-C stops the network/,
      signal: 'SIGINT',
      meanwhile: async () => {
        pids = pidsOf((await network.tree()).nodes)
      },
    },
  })
  assert.equal(outcome.code, 0, outcome.stderr)
  assert.equal(pids.length, 2)
  for (const pid of pids) assert(!isAlive(pid))
})

test('two ups at once make one network', { skip: !fullSlice }, async () => {
  await using network = await Network.open()
  const both = await Promise.all([network.run(['up', '--nodes', '2']), network.run(['up', '--nodes', '2'])])
  const codes = both.map((outcome) => outcome.code).sort()
  assert.deepEqual(codes, [0, 1])
  assert.match(both.map((outcome) => outcome.stderr).join(''), /another "up" is at work/)
  assert(isWhole(await network.tree(), 2))
})
