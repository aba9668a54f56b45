import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { borgios, fullSlice, isWhole, jsonOf, Network } from '../src/index.ts'

test('another machine joins by invitation; without one it is a guest; a foreign network is refused', async () => {
  await using network = await Network.up(2)
  await using other = await Network.open('machine')
  const { operator } = await other.json<{ operator: string }>(['node', 'init'])
  const invitation = join(other.folder, '..', 'invitation.json')
  await network.json(['net', 'invite', operator, '-o', invitation])

  const start = ['node', 'start', '--invitation', invitation, '--host', '127.0.0.1', '--place', 'elsewhere/1']
  const started = await other.json<{ role: string; self: { node: string; state: string } }>(start)
  assert.equal(started.role, 'member')
  assert.equal(started.self.state, 'attached')
  const tree = await network.until('of three nodes', (now) => isWhole(now, 3))
  assert(tree.nodes.some((node) => node.id === started.self.node))
  const twice = await other.run(start)
  assert.equal(twice.code, 1)
  assert.match(twice.stderr, /already runs/)

  await using stranger = await Network.open('stranger')
  const stolen = await stranger.run([...start, '--json'])
  assert.equal(stolen.code, 4)
  assert.equal((jsonOf(stolen) as { error: { code: string } }).error.code, 'NODE_INVITATION_REFUSED')
  assert(!existsSync(stranger.folder), 'what is refused leaves nothing behind')
  const text = join(network.folder, 'no-invitation')
  await writeFile(text, 'not JSON')
  const unreadable = await stranger.run(['node', 'start', '--invitation', text, '--json'])
  assert.equal(unreadable.code, 2)
  assert.equal((jsonOf(unreadable) as { error: { code: string } }).error.code, 'NODE_INVITATION_UNREADABLE')
  assert.equal((await stranger.run(['node', 'start', '--invitation', '/nonexistent'])).code, 3)
  assert(!existsSync(stranger.folder))

  await using guest = await Network.open('guest')
  const network1 = join(guest.folder, '..', 'network.json')
  await network.json(['net', 'export', '-o', network1])
  const looking = await guest.json<{ role: string; self: { parent: string | null } }>([
    ...['node', 'start', '--invitation', network1, '--host', '127.0.0.1'],
  ])
  assert.equal(looking.role, 'guest')
  assert.notEqual(looking.self.parent, null)
  const { nodes } = await network.tree()
  assert.equal(nodes.length, 3)
  const self = await guest.json<{ role: string; self: { node: string } }>(['status'])
  assert.equal(self.role, 'guest')
  for (const words of [['net', 'tree'], ['status'], ['why', self.self.node]]) {
    const said = await guest.run(words)
    assert.equal(said.code, 0)
    assert.match(said.stdout, /guest.*until it is admitted/s)
  }

  await using foreign = await Network.open('foreign')
  await foreign.json(['node', 'start', '--found', 'elsewhere', '--host', '127.0.0.1'])
  await foreign.run(['down'])
  const refused = await foreign.run(['node', 'start', '--invitation', invitation, '--json'])
  assert.equal(refused.code, 4)
  assert.equal((jsonOf(refused) as { error: { code: string } }).error.code, 'NODE_FOREIGN_FOLDER')
  const notFounder = await other.run(['net', 'invite', operator])
  assert.equal(notFounder.code, 4)
  const wrongFolder = await borgios(['node', 'start', '--data', network.folder])
  assert.equal(wrongFolder.code, 2)
})

test('a node that nobody takes in says so with code 5, and goes on trying', { skip: !fullSlice }, async () => {
  await using network = await Network.open('founder')
  await network.json(['node', 'start', '--found', 'cloud', '--host', '127.0.0.1'])
  const text = join(network.folder, 'network.json.txt')
  await network.json(['net', 'export', '-o', text])
  await network.json(['down'])
  await using guest = await Network.open('guest')
  const start = ['node', 'start', '--invitation', text, '--host', '127.0.0.1', '--json']
  const alone = await guest.run(start)
  assert.equal(alone.code, 5)
  assert.equal((jsonOf(alone) as { error: { code: string } }).error.code, 'NODE_NOT_JOINED')
  assert.equal((await guest.json<{ self: { state: string } }>(['status'])).self.state, 'joining')
})
