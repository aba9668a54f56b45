import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { NodeId } from '@borgios/core'
import type { Contact } from '@borgios/protocol'
import type { PeerTree } from '../src/peer-tree.ts'
import { attached, membersUp, realNode, stopAll } from './network-support.ts'
import { code, signerOf, until } from './support.ts'

const idOf = (n: number): NodeId => NodeId.fromBytes(signerOf(n).publicKey)

describe('nodes that die, freeze and return', () => {
  const children = new Map<number, ChildProcess>()
  const nodes: PeerTree[] = []
  const got: unknown[] = []
  let rootAddresses: string[]

  async function spawn(n: number, contacts: readonly string[]): Promise<string[]> {
    const child = fork(new URL('./node-process.ts', import.meta.url), [String(n), ...contacts], { execArgv: [] })
    children.set(n, child)
    const [addresses] = (await once(child, 'message')) as [string[]]
    return addresses
  }
  const expectUp = async (...numbers: number[]): Promise<void> => {
    const expected = numbers.map(idOf).sort().join()
    await until(
      () => nodes.every((node) => attached(node) && membersUp(node).join() === expected),
      `exactly ${numbers.join(', ')} being up and attached`,
      40_000,
    )
  }

  before(async () => {
    rootAddresses = await spawn(3_000, [])
    for (const n of [3_001, 3_002]) {
      const node = realNode(n, rootAddresses)
      node.onBroadcast('test.news', ({ body }) => got.push([n, body]))
      await node.start()
      nodes.push(node)
    }
    await spawn(3_003, rootAddresses)
    await expectUp(3_000, 3_001, 3_002, 3_003)
  })
  after(async () => {
    for (const child of children.values()) child.kill('SIGKILL')
    await stopAll(nodes)
  })
  const local = (): PeerTree => {
    const node = nodes[0]
    assert.ok(node)
    return node
  }

  test('a frozen node is noticed, asked in vain, and taken back when it thaws', async () => {
    const child = children.get(3_003)
    assert.ok(child)
    assert.equal(await local().request(idOf(3_003), 'test.pid', null), child.pid)
    child.kill('SIGSTOP')
    await assert.rejects(local().request(idOf(3_003), 'test.pid', null, { timeoutMs: 300 }), code('PEERTREE_TIMEOUT'))
    await expectUp(3_000, 3_001, 3_002)
    child.kill('SIGCONT')
    await expectUp(3_000, 3_001, 3_002, 3_003)
  })

  test('the root and another node killed at the same moment: the rest is one tree and broadcasts reach it', async () => {
    children.get(3_000)?.kill('SIGKILL')
    children.get(3_003)?.kill('SIGKILL')
    await expectUp(3_001, 3_002)
    await until(() => new Set(nodes.map((node) => node.position().root)).size === 1)
    local().broadcast('test.news', 'after')
    await until(() => got.length === 2)
    assert.deepEqual(got.sort(), [
      [3_001, 'after'],
      [3_002, 'after'],
    ])
    await assert.rejects(local().request(idOf(3_000), 'test.pid', null), code('PEERTREE_UNREACHABLE'))
  })

  test('a node that was killed comes back under its id through anyone', async () => {
    await spawn(3_000, local().addresses())
    await expectUp(3_000, 3_001, 3_002)
    assert.equal(await local().request(idOf(3_000), 'test.pid', null), children.get(3_000)?.pid)
  })

  test('a node without contacts finds the network again by its address book', async () => {
    let saved: readonly Contact[] = []
    const addressBook = {
      load: () => Promise.resolve(saved),
      save: (contacts: readonly Contact[]) => {
        saved = contacts
        return Promise.resolve()
      },
    }
    const first = realNode(3_004, local().addresses(), { addressBook })
    await first.start()
    nodes.push(first)
    await expectUp(3_000, 3_001, 3_002, 3_004)
    nodes.pop()
    await first.stop()
    assert.deepEqual(saved.map(({ node }) => node).sort(), [3_000, 3_001, 3_002].map(idOf).sort())
    const second = realNode(3_004, [], { addressBook })
    await second.start()
    nodes.push(second)
    await expectUp(3_000, 3_001, 3_002, 3_004)
  })
})
