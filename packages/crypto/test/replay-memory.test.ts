import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { assertFresh, ReplayMemory } from '@borgios/crypto'
import fc from 'fast-check'
import { RUNS } from './amount.ts'

const START_MS = 1_800_000_000_000
const { maxAgeMs, maxAheadMs, replayPerSender, replaySenders, replaySweepMs, replayTotal } = limits.envelope
const senderOf = (index: number): NodeId => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, index)
  return NodeId.fromBytes(bytes)
}
const isFresh = (timeMs: number, nowMs: number): boolean => {
  try {
    assertFresh(timeMs, nowMs)
    return true
  } catch {
    return false
  }
}

test('an envelope is admitted once, each sender has its own sequences', () => {
  const memory = new ReplayMemory()
  const [a, b] = [senderOf(1), senderOf(2)]
  const seen = { timeMs: START_MS, sequence: 1 }
  assert.equal(memory.admit(a, seen, START_MS), 'fresh')
  assert.equal(memory.admit(a, seen, START_MS), 'replayed')
  assert.equal(memory.admit(b, seen, START_MS), 'fresh')
  assert.deepEqual([memory.has(a, 1), memory.has(a, 2), memory.size], [true, false, 2])
})

test('nothing fresh is ever admitted twice, whatever the clock does', () => {
  const jump = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: replaySweepMs }) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * maxAgeMs, max: 2 * maxAgeMs }) },
  )
  const event = fc.record({
    jump,
    sender: fc.nat(2),
    again: fc.boolean(),
    pick: fc.nat(1000),
    skew: fc.integer({ min: -maxAgeMs, max: maxAheadMs }),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const memory = new ReplayMemory()
      const sent: { readonly from: NodeId; readonly timeMs: number; readonly sequence: number }[] = []
      const admitted = new Set<string>()
      let nowMs = START_MS
      for (const { jump, sender, again, pick, skew } of events) {
        nowMs += jump
        const old = again ? sent[pick % Math.max(1, sent.length)] : undefined
        const envelope = old ?? { from: senderOf(sender), timeMs: nowMs + skew, sequence: sent.length }
        if (old === undefined) sent.push(envelope)
        if (!isFresh(envelope.timeMs, nowMs)) continue
        const verdict = memory.admit(envelope.from, envelope, nowMs)
        if (verdict !== 'fresh') continue
        const name = `${envelope.from} ${envelope.sequence}`
        assert.ok(!admitted.has(name), `${name} came in twice`)
        admitted.add(name)
      }
    }),
    { numRuns: RUNS },
  )
})

test('while the clock goes on, everything fresh that is new gets in', () => {
  const memory = new ReplayMemory()
  const random = new SeededRandom(5)
  let nowMs = START_MS
  for (let sequence = 0; sequence < 5000; sequence += 1) {
    nowMs += random.below(1000)
    const timeMs = nowMs - maxAgeMs + random.below(maxAgeMs + maxAheadMs)
    assert.equal(memory.admit(senderOf(random.below(5)), { timeMs, sequence }, nowMs), 'fresh')
  }
  assert.ok(memory.size < 1000, 'old ones are forgotten')
})

test('a clock that was an hour ahead for a while does not make the node deaf', () => {
  const memory = new ReplayMemory()
  memory.admit(senderOf(1), { timeMs: START_MS, sequence: 1 }, START_MS)
  const aheadMs = START_MS + 3_600_000
  memory.admit(senderOf(1), { timeMs: aheadMs, sequence: 2 }, aheadMs)
  assert.equal(memory.admit(senderOf(1), { timeMs: START_MS, sequence: 1 }, START_MS + 1), 'replayed')
  assert.equal(memory.admit(senderOf(1), { timeMs: START_MS + 1, sequence: 3 }, START_MS + 2), 'fresh')
})

test('a sender fills only its own share, and room comes back with time', () => {
  const memory = new ReplayMemory()
  for (let sequence = 0; sequence < replayPerSender; sequence += 1) {
    assert.equal(memory.admit(senderOf(1), { timeMs: START_MS, sequence }, START_MS), 'fresh')
  }
  assert.equal(memory.admit(senderOf(1), { timeMs: START_MS, sequence: -1 }, START_MS), 'full')
  assert.equal(memory.admit(senderOf(1), { timeMs: START_MS, sequence: 0 }, START_MS), 'replayed')
  assert.equal(memory.admit(senderOf(2), { timeMs: START_MS, sequence: 0 }, START_MS), 'fresh')
  const laterMs = START_MS + maxAgeMs + 1
  assert.equal(memory.admit(senderOf(1), { timeMs: laterMs, sequence: -1 }, laterMs), 'fresh')
  assert.equal(memory.size, 1)
})

test('senders are bounded', () => {
  const memory = new ReplayMemory()
  const seen = { timeMs: START_MS, sequence: 0 }
  for (let index = 0; index < replaySenders; index += 1) memory.admit(senderOf(index), seen, START_MS)
  assert.equal(memory.admit(senderOf(replaySenders), seen, START_MS), 'full')
  assert.equal(memory.admit(senderOf(0), { ...seen, sequence: 1 }, START_MS), 'fresh')
})

test('all together are bounded', () => {
  const memory = new ReplayMemory()
  const senders = Math.ceil(replayTotal / replayPerSender) + 1
  const ids = Array.from({ length: senders }, (_, index) => senderOf(index))
  let admitted = 0
  for (let sequence = 0; sequence < replayPerSender; sequence += 1) {
    for (const id of ids) if (memory.admit(id, { timeMs: START_MS, sequence }, START_MS) === 'fresh') admitted += 1
  }
  assert.equal(admitted, replayTotal)
  assert.equal(memory.size, replayTotal)
})

test('a clock that was set back does not stop it from forgetting', () => {
  const memory = new ReplayMemory()
  const backMs = START_MS - 3_600_000
  const laterMs = backMs + maxAgeMs + replaySweepMs
  memory.admit(senderOf(1), { timeMs: START_MS, sequence: 1 }, START_MS)
  memory.admit(senderOf(1), { timeMs: backMs, sequence: 2 }, backMs)
  memory.admit(senderOf(1), { timeMs: laterMs, sequence: 3 }, laterMs)
  assert.deepEqual([memory.has(senderOf(1), 2), memory.size], [false, 2])
})

test('senders that fell silent leave their places to others', () => {
  const memory = new ReplayMemory()
  for (let index = 0; index < replaySenders; index += 1) {
    assert.equal(memory.admit(senderOf(index), { timeMs: START_MS, sequence: 1 }, START_MS), 'fresh')
  }
  assert.equal(memory.admit(senderOf(replaySenders), { timeMs: START_MS, sequence: 1 }, START_MS), 'full')
  const laterMs = START_MS + maxAgeMs + replaySweepMs
  assert.equal(memory.admit(senderOf(replaySenders), { timeMs: laterMs, sequence: 1 }, laterMs), 'fresh')
})
