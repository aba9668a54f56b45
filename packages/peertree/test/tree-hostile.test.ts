import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import type { TreeEvent } from '@borgios/peertree'
import { isTreeMessage, type TreeMessage } from '@borgios/protocol'
import fc from 'fast-check'
import { envelopeOf, joinedBench, nodeOf, TreeBench } from './tree-bench.ts'
import { treeMessages } from './tree-messages.ts'

const bounds = limits.tree
const others = [1, 2, 3, 4, 5, 6].map(nodeOf)
const guests = [50, 51].map(nodeOf)
const everybody = [...others, ...guests, nodeOf(100)]
const runs = process.env['BORGIOS_TEST_FULL'] === '1' ? 20_000 : 600

/** A member's lie that names the edge it really has, or an edge we really ask for, gets further than a random one. */
const aimed = (bench: TreeBench, from: (typeof others)[number], message: TreeMessage): TreeMessage => {
  if (!('edge' in message) || message.edge > 2) return message
  const asked = bench.state.seek?.attempts.find((attempt) => attempt.node === from)?.edge
  return { ...message, edge: asked ?? bench.state.links.get(from)?.edge ?? message.edge }
}

type Doing =
  | { readonly do: 'say'; readonly message: TreeMessage }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'open' | 'close' | 'answer' }
  | { readonly do: 'broadcast'; readonly sequence: number }

const doings: fc.Arbitrary<Doing> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('say' as const), message: treeMessages(everybody) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(250, 1_000, 4_000, 20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('open' as const, 'close' as const, 'answer' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('broadcast' as const), sequence: fc.nat({ max: 3 }) }) },
)

function eventsOf(bench: TreeBench, node: (typeof others)[number], what: Doing): TreeEvent[] {
  switch (what.do) {
    case 'say': {
      const message = aimed(bench, node, what.message)
      assert.ok(isTreeMessage(message), `the test speaks by the schema: ${JSON.stringify(message)}`)
      return [{ kind: 'received', from: node, message }]
    }
    case 'wait':
      bench.nowMs += what.ms
      return [{ kind: 'tick' }]
    case 'open':
      return [{ kind: 'sessionOpened', node, role: guests.includes(node) ? 'guest' : 'member', addresses: ['/test/x'] }]
    case 'close':
      return [{ kind: 'sessionClosed', node }]
    case 'answer':
      return [...bench.state.dials.keys()].map((dial) => ({ kind: 'dialed', dial, node }))
    case 'broadcast': {
      const envelope = envelopeOf(others[what.sequence] ?? node, what.sequence)
      return [{ kind: 'broadcastReceived', from: node, envelope, bytes: new Uint8Array(1) }]
    }
  }
}

test('whatever members and guests say, a node stays within its bounds and speaks by the schema', () => {
  const story = fc.array(fc.tuple(fc.constantFrom(...others, ...guests), doings), { minLength: 5, maxLength: 80 })
  fc.assert(
    fc.property(fc.boolean(), fc.constantFrom(2, 3), story, (isJoined, degree, doing) => {
      const bench = isJoined ? joinedBench(nodeOf(1), { degree }).bench : new TreeBench({ degree })
      for (const node of others) bench.open(node)
      for (const node of guests) bench.open(node, 'guest')
      for (const [node, what] of doing) {
        const events = eventsOf(bench, node, what)
        for (const event of events) {
          bench.give(event)
          checkBounds(bench, degree)
        }
      }
    }),
    { numRuns: runs },
  )
})

function checkBounds(bench: TreeBench, degree: number): void {
  const { state, position } = bench
  const links = [...state.links.values()]
  assert.ok(position.children.length <= degree)
  assert.ok(links.filter(({ as }) => as === 'parent').length <= 1)
  assert.ok(links.filter(({ as }) => as === 'lazy').length <= bounds.maxLazyLinks)
  assert.ok(state.path.length <= bounds.maxDepth)
  assert.equal(state.path.indexOf(bench.self), state.path.length - 1, 'we are the end of our own path, and only that')
  assert.equal(state.path.length === 1, position.parent === undefined)
  for (const { node, as } of links) {
    assert.ok(state.sessions.has(node), 'a neighbour has a session')
    assert.equal(guests.includes(node), as === 'guest')
  }
  for (const effect of bench.effects) {
    if (effect.kind === 'send') assert.ok(isTreeMessage(effect.message), JSON.stringify(effect.message))
    if (effect.kind === 'forward') assert.ok(!effect.to.some((node) => guests.includes(node)))
  }
}

test('of a flood of messages most are left aside', () => {
  const bench = new TreeBench()
  bench.open(nodeOf(1))
  let ignored = 0
  for (let count = 0; count < 3 * bounds.messageBurst; count += 1) {
    bench.receive(nodeOf(1), { kind: 'probe', nonce: 1, tree: { root: nodeOf(200), term: 0, born: 0 } })
    ignored += bench.of('ignored').length
  }
  assert.equal(ignored, 2 * bounds.messageBurst)
})

test('a member that changes its record all the time is passed on only now and then', () => {
  const bench = new TreeBench()
  const [a, b] = [nodeOf(1), nodeOf(2)]
  bench.addChild(a)
  bench.addChild(b)
  let passedOn = 0
  for (let sequence = 2; sequence < 200; sequence += 1) {
    bench.nowMs += 5
    const record = { ...bench.state.directory.get(a)?.record, sequence }
    const message = { kind: 'directoryEntries', records: [record], notices: [] }
    assert.ok(isTreeMessage(message))
    bench.receive(a, message)
    passedOn += bench.sent('directoryEntries', b).length
  }
  assert.ok(passedOn > 0 && passedOn <= 4, `${passedOn} times`)
})
