import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@borgios/core'
import { pullMissing } from '../src/tree/repair.ts'
import { belowOf, envelopeOf, nodeOf, recordOf, TreeBench } from './tree-bench.ts'

const [a, b, c, stranger] = [nodeOf(1), nodeOf(2), nodeOf(3), nodeOf(60)]
const bounds = limits.tree

const withChildren = (): TreeBench => {
  const bench = new TreeBench()
  for (const node of [a, b, c]) bench.addChild(node)
  return bench
}

test('a broadcast goes to every tree neighbour but the one it came from, as the same bytes, and once to us', () => {
  const bench = withChildren()
  const bytes = Uint8Array.of(1, 2, 3)
  const envelope = envelopeOf(a, 5)
  bench.give({ kind: 'broadcastReceived', from: a, envelope, bytes })
  assert.deepEqual(bench.of('forward')[0]?.to, [b, c])
  assert.equal(bench.of('forward')[0]?.bytes, bytes)
  assert.deepEqual(bench.of('deliver'), [{ kind: 'deliver', envelope }])
  bench.give({ kind: 'broadcastReceived', from: b, envelope, bytes })
  assert.deepEqual(bench.effects, [])
})

test('a broadcast is known again for as long as its envelope is fresh', () => {
  const bench = withChildren()
  const event = { kind: 'broadcastReceived', from: a, envelope: envelopeOf(a, 5), bytes: new Uint8Array(1) } as const
  bench.give(event)
  bench.nowMs += limits.envelope.maxAgeMs + limits.envelope.maxAheadMs - 1
  bench.give({ ...event, envelope: envelopeOf(b, 1) })
  bench.give(event)
  assert.deepEqual(bench.of('deliver'), [])
})

test('our own broadcast is delivered to us too', () => {
  const bench = new TreeBench()
  const envelope = envelopeOf(bench.self, 1)
  bench.give({ kind: 'publish', envelope, bytes: new Uint8Array(1) })
  assert.deepEqual(bench.of('deliver'), [{ kind: 'deliver', envelope }])
})

test('what a neighbour has and we lack is pulled after a moment, again from another, and not once it came', () => {
  const bench = withChildren()
  const ids = [{ from: a, sequences: [7] }]
  bench.receive(b, { kind: 'have', after: 0, upTo: 1, ids })
  bench.receive(c, { kind: 'have', after: 0, upTo: 1, ids })
  bench.wait(bounds.tickMs)
  assert.deepEqual(bench.sent('want'), [])
  bench.wait(bounds.pullDelayMs)
  assert.deepEqual(bench.sent('want', b), [{ kind: 'want', ids }])
  bench.wait(bounds.pullRetryMs)
  assert.deepEqual(bench.sent('want', c), [{ kind: 'want', ids }])
  bench.give({ kind: 'broadcastReceived', from: c, envelope: envelopeOf(a, 7), bytes: new Uint8Array(1) })
  assert.equal(bench.of('deliver').length, 1)
  const beats = (): void => {
    for (const node of [a, b, c]) bench.receive(node, { kind: 'beat', as: 'child', edge: 1, below: belowOf(), ack: 0 })
  }
  bench.wait(4 * bounds.pullRetryMs, beats)
  assert.deepEqual(bench.sent('want'), [])
})

test('what grew too old while we stood still is not asked for any more', () => {
  const bench = withChildren()
  bench.receive(b, { kind: 'have', after: 0, upTo: 1, ids: [{ from: a, sequences: [7] }] })
  bench.state.nowMs += bounds.recentAgeMs + 1
  pullMissing(bench.state)
  assert.equal(bench.state.missing.size, 0)
  assert.deepEqual(bench.state.effects, [])
})

test('what was published while alone is offered to whoever comes, and sent when asked for', () => {
  const bench = new TreeBench()
  const bytes = Uint8Array.of(9)
  bench.give({ kind: 'publish', envelope: envelopeOf(bench.self, 1), bytes })
  bench.addChild(a)
  bench.wait(bounds.beatMs)
  const ids = [{ from: bench.self, sequences: [1] }]
  assert.deepEqual(bench.sent('have', a)[0]?.ids, ids)
  bench.receive(a, { kind: 'want', ids })
  assert.deepEqual(bench.of('forward'), [{ kind: 'forward', to: [a], bytes }])
})

test('an offer is repeated until it is acknowledged, and then no more', () => {
  const bench = new TreeBench()
  bench.give({ kind: 'publish', envelope: envelopeOf(bench.self, 1), bytes: new Uint8Array(1) })
  bench.addChild(a)
  const beat = (ack: number) => () => bench.receive(a, { kind: 'beat', as: 'child', edge: 1, below: belowOf(), ack })
  bench.wait(8_000, beat(0))
  assert.ok(bench.sent('have', a).length > 1)
  bench.wait(8_000, beat(1))
  assert.deepEqual(bench.sent('have', a), [])
})

test('one neighbour cannot pull without end', () => {
  const bench = new TreeBench()
  bench.addChild(a)
  const size = 200 * 1024
  bench.give({ kind: 'publish', envelope: envelopeOf(bench.self, 1), bytes: new Uint8Array(size) })
  let sent = 0
  for (let count = 0; count < 500; count += 1) {
    bench.receive(a, { kind: 'want', ids: [{ from: bench.self, sequences: [1] }] })
    sent += bench.of('forward').length
  }
  assert.ok(sent > 0 && sent * size <= bounds.pullBurstBytes, `${sent} times`)
})

test('empty promises of one neighbour leave room for what others have', () => {
  const bench = withChildren()
  for (let round = 0; round < 20; round += 1) {
    const sequences = Array.from({ length: bounds.maxIdsPerMessage }, (_, index) => round * 1_000 + index)
    bench.receive(a, { kind: 'have', after: 0, upTo: 1, ids: [{ from: a, sequences }] })
  }
  bench.receive(b, { kind: 'have', after: 0, upTo: 1, ids: [{ from: c, sequences: [1] }] })
  bench.wait(1_000)
  assert.deepEqual(bench.sent('want', b), [{ kind: 'want', ids: [{ from: c, sequences: [1] }] }])
})

test('the broadcast of an unknown publisher waits until its record stands, and is dropped without one', () => {
  const bench = withChildren()
  const event = (sequence: number) =>
    ({
      kind: 'broadcastReceived',
      from: a,
      envelope: envelopeOf(stranger, sequence),
      bytes: new Uint8Array(1),
    }) as const
  bench.give(event(1))
  assert.deepEqual(bench.of('deliver'), [])
  assert.deepEqual(bench.sent('directoryWant', a), [{ kind: 'directoryWant', nodes: [stranger] }])
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(stranger, 1, 'B'.repeat(86))], notices: [] })
  assert.deepEqual(bench.of('deliver'), [], 'a forged record admits nobody')
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(stranger)], notices: [] })
  assert.equal(bench.of('deliver').length, 1)
})
