import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import { survivor } from '../src/session/crossing.ts'

const low = NodeId.fromBytes(new Uint8Array(32))
const high = NodeId.fromBytes(new Uint8Array(32).fill(255))

type Step = 'hello' | 'decide' | 'learn'
interface Attempt {
  readonly dialer: NodeId
  next: Step | 'done'
  verdict: 'welcome' | 'duplicate'
}

/** All orders of so many steps of two attempts, each attempt's own steps in order. */
function interleavings(a: number, b: number): string[] {
  if (a === 0 || b === 0) return ['A'.repeat(a) + 'B'.repeat(b)]
  return [...interleavings(a - 1, b).map((rest) => `A${rest}`), ...interleavings(a, b - 1).map((rest) => `B${rest}`)]
}

test('whatever the order of two crossing hellos, both nodes keep the same session, and one', () => {
  for (const order of interleavings(3, 3)) {
    const attempts: Record<string, Attempt> = {
      A: { dialer: low, next: 'hello', verdict: 'welcome' },
      B: { dialer: high, next: 'hello', verdict: 'welcome' },
    }
    const kept = new Map<NodeId, string>()
    /** Puts a session in its place at one node. */
    const place = (node: NodeId, name: string): boolean => {
      const old = kept.get(node)
      const peer = node === low ? high : low
      const facts = (which: string) => ({
        direction: attempts[which]?.dialer === node ? ('outbound' as const) : ('inbound' as const),
        ageMs: 0,
      })
      if (old !== undefined && survivor(node, peer, facts(old), facts(name)) === 'old') return false
      kept.set(node, name)
      return true
    }
    for (const name of order) {
      const attempt = attempts[name]
      assert.ok(attempt)
      const answers = attempt.dialer === low ? high : low
      if (attempt.next === 'hello') {
        attempt.next = 'decide'
      } else if (attempt.next === 'decide') {
        attempt.verdict = place(answers, name) ? 'welcome' : 'duplicate'
        attempt.next = 'learn'
      } else {
        // A session is closed for both once either end drops it: whoever dropped it had another one.
        if (attempt.verdict === 'welcome') place(attempt.dialer, name)
        attempt.next = 'done'
      }
    }
    assert.equal(kept.get(low), kept.get(high), `order ${order}`)
    assert.ok(kept.get(low) !== undefined)
  }
})

test('a session that has stood for a while gives way to whatever comes', () => {
  const ageMs = limits.peertree.sessionCrossingMs + 1
  for (const [self, peer] of [
    [low, high],
    [high, low],
  ] as const) {
    for (const direction of ['inbound', 'outbound'] as const) {
      for (const young of ['inbound', 'outbound'] as const) {
        assert.equal(survivor(self, peer, { direction, ageMs }, { direction: young, ageMs: 0 }), 'young')
      }
    }
  }
})

test('of two dialed by the same side, the later one stays', () => {
  for (const direction of ['inbound', 'outbound'] as const) {
    const facts = { direction, ageMs: 0 }
    assert.equal(survivor(low, high, facts, facts), 'young')
    assert.equal(survivor(high, low, facts, facts), 'young')
  }
})
