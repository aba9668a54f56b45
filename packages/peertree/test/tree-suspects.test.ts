import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, type NodeId } from '@borgios/core'
import { membersOf } from '@borgios/peertree'
import { belowOf, nodeOf, recordOf, TreeBench } from './tree-bench.ts'

const [a, b, c] = [nodeOf(1), nodeOf(2), nodeOf(3)]
const bounds = limits.tree

/** A root with two children, one of which has told it of a third member. */
function withAMissingMember(): TreeBench {
  const bench = new TreeBench()
  bench.addChild(a)
  bench.addChild(b)
  bench.nowMs += 1_000
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(c)], notices: [] })
  return bench
}

const stateOf = (bench: TreeBench, node: NodeId): string | undefined =>
  membersOf(bench.state).find((member) => member.node === node)?.state

/** What the children say every moment, so that only the third member is missed. */
function beat(bench: TreeBench): void {
  for (const node of [a, b]) {
    if (bench.state.links.has(node)) {
      bench.receive(node, { kind: 'beat', as: 'child', edge: 1, below: belowOf(), ack: 0 })
    }
  }
}

/** Lets time pass in which every dial ends like this. */
function waitWithDials(bench: TreeBench, forMs: number, outcome: 'refused' | 'answered'): number {
  let dials = 0
  for (let passedMs = 0; passedMs < forMs; passedMs += bounds.tickMs) {
    bench.wait(bounds.tickMs, () => beat(bench))
    for (const { dial, node } of bench.of('dial')) {
      if (node === undefined) continue
      dials += 1
      if (outcome === 'refused') bench.give({ kind: 'dialFailed', dial })
      else {
        bench.open(node)
        bench.give({ kind: 'dialed', dial, node })
        bench.give({ kind: 'sessionClosed', node })
      }
    }
  }
  return dials
}

test('a member that is nowhere in the tree and refuses dials is declared down by the root within 3 s', () => {
  const bench = withAMissingMember()
  waitWithDials(bench, bounds.missingMs - bounds.tickMs, 'refused')
  assert.equal(stateOf(bench, c), 'up', 'it may be healing')
  waitWithDials(bench, 1_000, 'refused')
  assert.equal(stateOf(bench, c), 'down')
  assert.equal(stateOf(bench, a), 'up')
})

test('a dial that nobody answers counts only the second time', () => {
  const bench = withAMissingMember()
  bench.wait(bounds.missingMs + bounds.dialTimeoutMs + 2 * bounds.tickMs, () => beat(bench))
  assert.equal(stateOf(bench, c), 'up')
  bench.wait(bounds.dialTimeoutMs + 2 * bounds.tickMs, () => beat(bench))
  assert.equal(stateOf(bench, c), 'down')
})

test('a member that is missing but answers dials is never declared down', () => {
  const bench = withAMissingMember()
  const dials = waitWithDials(bench, 30_000, 'answered')
  assert.equal(stateOf(bench, c), 'up')
  assert.ok(dials > 5, 'it is asked again and again')
})

test('over a session the root asks the missing member: any answer clears it, silence does not', () => {
  for (const answers of [true, false]) {
    const bench = withAMissingMember()
    bench.open(c)
    let isAsked = false
    bench.wait(20_000, () => {
      for (const { nonce } of bench.sent('probe', c)) {
        isAsked = true
        if (answers) bench.receive(c, { kind: 'status', nonce })
      }
      beat(bench)
    })
    assert.ok(isAsked)
    assert.equal(stateOf(bench, c), answers ? 'up' : 'down')
  }
})

test('a lost neighbour that refuses dials is declared down after a moment, one that left in good order is not', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  bench.receive(b, { kind: 'detach', edge: 1, reason: 'moved' })
  assert.equal(stateOf(bench, a), 'up')
  waitWithDials(bench, 1.5 * bounds.noticeJitterMs + bounds.tickMs, 'refused')
  assert.equal(stateOf(bench, a), 'down')
  assert.equal(stateOf(bench, b), 'up')
})

test('a lost neighbour that answers a dial lives on, also when only the connection to it was lost', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  waitWithDials(bench, 20_000, 'answered')
  assert.equal(stateOf(bench, a), 'up')
})

test('who was frozen itself blames nobody for the connections that ended meanwhile', () => {
  const bench = withAMissingMember()
  bench.nowMs += 10_000
  bench.give({ kind: 'sessionClosed', node: a })
  bench.give({ kind: 'tick' })
  bench.wait(1.5 * bounds.noticeJitterMs, () => {
    for (const { dial } of bench.of('dial')) bench.give({ kind: 'dialFailed', dial })
  })
  assert.equal(stateOf(bench, a), 'up')
})

test('a newer record ends a suspicion', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  waitWithDials(bench, bounds.tickMs, 'refused')
  bench.receive(b, { kind: 'directoryEntries', records: [recordOf(a, 2)], notices: [] })
  waitWithDials(bench, 1.5 * bounds.noticeJitterMs, 'refused')
  assert.equal(stateOf(bench, a), 'up')
})

test('who is no root any more misses nobody', () => {
  const bench = withAMissingMember()
  waitWithDials(bench, bounds.missingMs - bounds.tickMs, 'refused')
  bench.receive(a, { kind: 'probe', nonce: 1, tree: { root: a, term: 9, born: 0 } })
  assert.equal(bench.state.suspects.get(c)?.why, 'missing')
  const [asked] = bench.sent('attach', a)
  const above = { tree: { root: a, term: 9, born: 0 }, pulse: 1, path: [a], rooted: true, freeDepth: 1 }
  // The child is our parent from now on.
  bench.receive(a, { kind: 'detach', edge: 1, reason: 'moved' })
  bench.receive(a, { kind: 'accept', edge: asked?.edge ?? 0, above, record: recordOf(a) })
  assert.equal(bench.position.parent, a)
  bench.wait(bounds.tickMs)
  assert.equal(bench.state.suspects.size, 0)
})

test('at most so many suspects are asked at once', () => {
  const bench = withAMissingMember()
  const gone = Array.from({ length: 90 }, (_, index) => recordOf(nodeOf(101 + index)))
  for (const record of gone) bench.receive(a, { kind: 'directoryEntries', records: [record], notices: [] })
  bench.wait(bounds.missingMs + 2 * bounds.tickMs, () => beat(bench))
  const checks = [...bench.state.dials.values()].filter(({ purpose }) => purpose.kind === 'check')
  assert.equal(checks.length, bounds.checksAtOnce)
})
