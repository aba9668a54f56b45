import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId, silentLogger } from '@borgios/core'
import { systemRandom } from '@borgios/core/adapters'
import { ManualTime } from '@borgios/core/testing'
import { sodiumEd25519 } from '@borgios/crypto/native'
import type { Connection } from '../src/engine/engine.ts'
import { createPeerTree, type PeerTree } from '../src/peer-tree.ts'
import { MemoryEngine, MemoryNet } from '../src/testing/memory-engine.ts'
import { certificateOf, genesis, startNode } from './session-support.ts'
import { signerOf } from './support.ts'

const idOf = (n: number): NodeId => NodeId.fromBytes(signerOf(n).publicKey)

/** Dials to these addresses hang until they are given up. */
class DarkEngine extends MemoryEngine {
  readonly dark = new Set<string>()
  readonly hanging: AbortSignal[] = []

  override async dial(addresses: readonly string[], expected: NodeId | undefined, signal: AbortSignal) {
    if (!addresses.some((address) => this.dark.has(address))) return super.dial(addresses, expected, signal)
    this.hanging.push(signal)
    return new Promise<Connection>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
}

test('a dial that several wait for ends when the last of them gives up, and who comes then dials anew', async () => {
  const engine = new DarkEngine(new MemoryNet(), idOf(1))
  const { sessions } = await startNode({ n: 1, engine })
  engine.dark.add('/dark')
  const dial = (giveUp: AbortController) => sessions.connect(idOf(2), ['/dark'], giveUp.signal)
  const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
  const [one, other] = [dial(first), dial(second)]
  other.catch(() => {})
  first.abort(new Error('enough'))
  await assert.rejects(one, /enough/)
  assert.deepEqual(
    engine.hanging.map(({ aborted }) => aborted),
    [false],
  )
  second.abort(new Error('enough too'))
  await assert.rejects(other, /enough too/)
  const late = dial(third)
  assert.deepEqual(
    engine.hanging.map(({ aborted }) => aborted),
    [true, false],
  )
  third.abort(new Error('over'))
  await assert.rejects(late, /over/)
  await sessions.stop()
})

const time = new ManualTime()

const nodeOn = (engine: MemoryEngine, n: number, contacts: readonly string[]): PeerTree =>
  createPeerTree(
    { genesis, certificate: certificateOf(n), place: '', release: '1', services: [], listen: [], contacts, degree: 1 },
    {
      signer: signerOf(n),
      ed25519: sodiumEd25519,
      clock: time,
      timers: time,
      random: systemRandom,
      logger: silentLogger,
      engine,
    },
  )

async function pass(forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 50) {
    time.advance(50)
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  }
}

test('the dial of a check is let go when the check is over', async () => {
  const net = new MemoryNet()
  const engines = [3, 4, 5].map((n) => new DarkEngine(net, idOf(n)))
  const nodes: PeerTree[] = []
  // A chain: the root looks for whom it lost by other dials too, so the one in the middle is watched.
  for (const [index, engine] of engines.entries()) {
    const node = nodeOn(engine, index + 3, nodes.at(-1)?.addresses() ?? [])
    nodes.push(node)
    await node.start()
    await pass(3_000)
  }
  const [watched, gone] = [nodes[1], nodes[2]]
  assert.ok(watched && gone)
  assert.deepEqual(watched.position().children, [gone.self])
  for (const address of gone.addresses()) for (const engine of engines) engine.dark.add(address)
  const [, near, far] = engines
  assert.ok(near && far)
  for (const node of nodes) for (const address of node.addresses()) far.dark.add(address)
  await far.stop()
  await pass(300)
  assert.deepEqual(
    near.hanging.map(({ aborted }) => aborted),
    [false],
  )
  await pass(limits.tree.dialTimeoutMs)
  assert.equal(near.hanging[0]?.aborted, true)
  await Promise.all(nodes.map((node) => node.stop()))
})
