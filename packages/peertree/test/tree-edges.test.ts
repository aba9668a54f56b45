import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { aboveOf, belowOf, joinedBench, nodeOf, recordOf, TreeBench } from './tree-bench.ts'

const [a, b, c] = [nodeOf(1), nodeOf(2), nodeOf(3)]
const bounds = limits.tree

test('without contacts a node is the root at once', () => {
  const { position, self } = new TreeBench()
  assert.deepEqual(
    { state: position.state, root: position.root, depth: position.depth },
    { state: 'attached', root: self, depth: 0 },
  )
})

test('with contacts of whom none answers it becomes the root after two rounds', () => {
  const bench = new TreeBench({ contacts: [['/test/nobody']] })
  assert.equal(bench.position.state, 'joining')
  bench.wait(10_000, () => {
    for (const { dial } of bench.of('dial')) bench.give({ kind: 'dialFailed', dial })
  })
  assert.equal(bench.position.state, 'attached')
})

test('a full node sends who asks to a child, and never takes more than its degree', () => {
  const bench = new TreeBench({ degree: 2 })
  bench.addChild(a)
  bench.addChild(b)
  bench.addChild(c)
  assert.equal(bench.sent('redirect', c)[0]?.to.node, a)
  assert.deepEqual(bench.position.children, [a, b])
})

test('a storm of joins spreads over the children', () => {
  const bench = new TreeBench({ degree: 2 })
  bench.addChild(a)
  bench.addChild(b)
  for (const child of [a, b]) {
    bench.receive(child, { kind: 'beat', as: 'child', edge: 1, below: belowOf({ freeSlots: 1 }), ack: 0 })
  }
  const sentTo: (string | undefined)[] = []
  for (const number of [10, 11]) {
    bench.addChild(nodeOf(number))
    sentTo.push(bench.sent('redirect')[0]?.to.node)
  }
  assert.deepEqual(sentTo, [a, b])
})

test('who is above us is refused as a child', () => {
  const { bench } = joinedBench(a)
  bench.attach(a)
  assert.equal(bench.sent('refuse', a)[0]?.reason, 'cycle')
})

test('a parent whose path leads through us is left at once', () => {
  const { bench, edge } = joinedBench(a)
  bench.receive(a, { kind: 'beat', as: 'parent', edge, above: aboveOf([b, bench.self, a], 2), ack: 0 })
  assert.equal(bench.position.state, 'orphan')
  assert.equal(bench.sent('detach', a)[0]?.edge, edge)
})

test('a parent under which the pulse stands still is left, though it goes on beating', () => {
  const { bench, edge } = joinedBench(a)
  const beat = (pulse: number) => () =>
    bench.receive(a, { kind: 'beat', as: 'parent', edge, above: aboveOf([a], pulse), ack: 0 })
  let pulse = 1
  bench.wait(3 * bounds.pulseTimeoutMs, () => {
    pulse += 1
    beat(pulse)()
  })
  assert.equal(bench.position.parent, a)
  bench.wait(bounds.pulseTimeoutMs + 1_000, beat(pulse))
  assert.notEqual(bench.position.parent, a)
})

test('a silent neighbour is lost after three beats, and not before two', () => {
  const { bench } = joinedBench(a)
  bench.wait(2 * bounds.beatMs)
  assert.equal(bench.position.parent, a)
  bench.wait(2 * bounds.beatMs)
  assert.notEqual(bench.position.parent, a)
  assert.ok(bench.of('hangUp').some(({ node, why }) => node === a && why === 'lost'))
})

test('after standing still itself a node blames nobody', () => {
  const { bench } = joinedBench(a)
  bench.nowMs += 60_000
  bench.give({ kind: 'tick' })
  assert.equal(bench.position.parent, a)
})

test('an edge we know nothing of is denied, from either side', () => {
  const bench = new TreeBench()
  bench.open(a)
  bench.receive(a, { kind: 'beat', as: 'parent', edge: 7, above: aboveOf([a], 1), ack: 0 })
  assert.deepEqual(bench.sent('detach', a), [{ kind: 'detach', edge: 7, reason: 'unknown' }])
  bench.receive(a, { kind: 'beat', as: 'child', edge: 8, below: belowOf(), ack: 0 })
  assert.deepEqual(bench.sent('detach', a), [{ kind: 'detach', edge: 8, reason: 'unknown' }])
})

test('a late word about an older edge does not end the present one', () => {
  const bench = new TreeBench()
  bench.addChild(a, 1)
  bench.attach(a, 2)
  bench.receive(a, { kind: 'detach', edge: 1, reason: 'moved' })
  assert.deepEqual(bench.position.children, [a])
  bench.receive(a, { kind: 'detach', edge: 2, reason: 'moved' })
  assert.deepEqual(bench.position.children, [])
})

test('an acceptance nobody asked for is declined', () => {
  const bench = new TreeBench()
  bench.open(a)
  const above = aboveOf([a], 1, { tree: { root: a, term: 99, born: 0 } })
  bench.receive(a, { kind: 'accept', edge: 5, above, record: recordOf(a) })
  assert.equal(bench.position.root, bench.self)
  assert.equal(bench.sent('detach', a)[0]?.edge, 5)
})

test('word of a greater tree makes the root ask there, and only its acceptance makes it join', () => {
  const bench = new TreeBench()
  bench.open(a)
  bench.receive(a, { kind: 'probe', nonce: 1, tree: { root: a, term: 9, born: 0 } })
  assert.equal(bench.position.root, bench.self)
  const [asked] = bench.sent('attach', a)
  assert.equal(asked?.why, 'merge')
  const lesser = aboveOf([a], 1, { tree: { root: a, term: 0, born: 0 } })
  bench.receive(a, { kind: 'accept', edge: asked?.edge ?? 0, above: lesser, record: recordOf(a) })
  assert.equal(bench.position.root, bench.self, 'a lesser tree is not joined')
})

test('of a lost root group the eldest left is the next root, with a higher term', () => {
  const { bench, edge } = joinedBench(a)
  const group = [a, bench.self, b].map((node) => ({ node, addresses: [`/test/${node.slice(0, 5)}`] }))
  bench.receive(a, { kind: 'beat', as: 'parent', edge, above: aboveOf([a], 2, { group }), ack: 0 })
  bench.open(b)
  bench.give({ kind: 'sessionClosed', node: a })
  bench.wait(1_000, () => {
    for (const { dial } of bench.of('dial')) bench.give({ kind: 'dialFailed', dial })
    for (const { edge: asked } of bench.sent('attach', b)) {
      bench.receive(b, { kind: 'refuse', edge: asked, reason: 'orphan' })
    }
  })
  assert.equal(bench.position.root, bench.self)
  assert.equal(bench.state.tree?.term, 2)
})

test('leaving, a node says farewell to every neighbour and falls silent', () => {
  const bench = new TreeBench()
  bench.addChild(a)
  bench.nowMs += 1_000
  bench.give({ kind: 'stop' })
  assert.equal(bench.sent('detach', a)[0]?.reason, 'leaving')
  assert.equal(bench.sent('directoryEntries', a)[0]?.notices[0]?.node, bench.self)
  assert.deepEqual(bench.give({ kind: 'tick' }), [])
})
