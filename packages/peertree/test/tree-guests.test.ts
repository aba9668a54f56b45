import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { envelopeOf, joinedBench, nodeOf, recordOf, TreeBench } from './tree-bench.ts'

const [a, b, guest] = [nodeOf(1), nodeOf(2), nodeOf(50)]
const bytes = new Uint8Array(3)

const withGuest = (): TreeBench => {
  const bench = new TreeBench()
  bench.open(guest, 'guest')
  bench.receive(guest, { kind: 'attach', edge: 4, why: 'join', depth: 0, hops: 0 })
  return bench
}

test('a guest gets a place as a leaf and is told nothing', () => {
  const bench = withGuest()
  assert.deepEqual(bench.effects, [{ kind: 'send', to: guest, message: { kind: 'accept', edge: 4 } }])
  assert.deepEqual(bench.position.children, [])
  bench.wait(1_500)
  const [beat] = bench.sent('beat', guest)
  assert.deepEqual(Object.keys(beat ?? {}).sort(), ['ack', 'as', 'edge', 'kind'])
})

test('a guest hears what is for everyone and nothing else, not even by asking for it', () => {
  const bench = withGuest()
  bench.give({ kind: 'publish', envelope: envelopeOf(bench.self, 1), bytes })
  assert.deepEqual(bench.of('forward'), [])
  bench.give({ kind: 'publish', envelope: envelopeOf(bench.self, 2, 'everyone'), bytes })
  assert.deepEqual(bench.of('forward'), [{ kind: 'forward', to: [guest], bytes }])
  bench.wait(1_500)
  assert.deepEqual(bench.sent('have', guest)[0]?.ids, [{ from: bench.self, sequences: [2] }])
  bench.receive(guest, { kind: 'want', ids: [{ from: bench.self, sequences: [1] }] })
  assert.deepEqual(bench.of('forward'), [])
})

test('a guest publishes nothing', () => {
  const bench = withGuest()
  bench.give({ kind: 'broadcastReceived', from: guest, envelope: envelopeOf(guest, 1, 'everyone'), bytes })
  assert.deepEqual(bench.of('deliver'), [])
  assert.equal(bench.of('ignored').length, 1)
})

test('a guest that speaks like a member is not heard', () => {
  const bench = withGuest()
  bench.receive(guest, { kind: 'directoryWant', nodes: [bench.self] })
  assert.deepEqual(
    bench.effects.map(({ kind }) => kind),
    ['ignored'],
  )
  bench.receive(guest, { kind: 'directoryEntries', records: [recordOf(guest)], notices: [] })
  assert.deepEqual(
    bench.effects.map(({ kind }) => kind),
    ['ignored'],
  )
  bench.receive(guest, { kind: 'probe', nonce: 1, tree: { root: guest, term: 9, born: 0 } })
  assert.deepEqual(
    bench.effects.map(({ kind }) => kind),
    ['ignored'],
  )
  bench.receive(guest, { kind: 'lazy', edge: 1 })
  assert.deepEqual(
    bench.effects.map(({ kind }) => kind),
    ['ignored'],
  )
})

test('when there is no room a guest is told one address to try', () => {
  const bench = new TreeBench()
  bench.addChild(a)
  for (let number = 0; number <= limits.tree.maxGuests; number += 1) {
    const node = nodeOf(150 + number)
    bench.open(node, 'guest')
    bench.receive(node, { kind: 'attach', edge: 4, why: 'join', depth: 0, hops: 0 })
  }
  assert.deepEqual(
    bench.sent('redirect').map(({ to }) => to.node),
    [a],
  )
})

test('a guest itself takes nobody in and looks for a new place when it lost its own', () => {
  const { bench } = joinedBench(a, { role: 'guest' })
  assert.deepEqual([bench.position.state, bench.position.parent, bench.position.root], ['attached', a, undefined])
  bench.addChild(b)
  assert.deepEqual(bench.position.children, [])
  bench.give({ kind: 'sessionClosed', node: a })
  assert.equal(bench.position.state, 'orphan')
  assert.ok(bench.of('dial').length > 0)
  bench.wait(120_000)
  assert.equal(bench.position.state, 'orphan', 'a guest is never a root')
})
