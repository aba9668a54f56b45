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

test('one failed check is enough for a lost neighbour, yet nobody speaks before the random wait of a notice', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  const dueMs = bench.state.suspects.get(a)?.dueMs ?? 0
  assert.ok(dueMs >= bench.nowMs + bounds.noticeJitterMs / 2)
  let checks = 0
  while (stateOf(bench, a) === 'up') {
    bench.wait(bounds.tickMs, () => beat(bench))
    for (const { dial } of bench.of('dial')) {
      const purpose = bench.state.dials.get(dial)?.purpose
      if (purpose?.kind === 'check' && purpose.node === a) checks += 1
      bench.give({ kind: 'dialFailed', dial })
    }
  }
  assert.equal(checks, 1)
  assert.ok(bench.nowMs >= dueMs && bench.nowMs < dueMs + bounds.tickMs)
})

test('a lost neighbour is asked before it is declared down, however long it could have been', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  bench.nowMs = (bench.state.suspects.get(a)?.dueMs ?? 0) + 1
  bench.state.tickedMs = bench.nowMs
  bench.give({ kind: 'tick' })
  assert.equal(stateOf(bench, a), 'up')
  assert.ok(bench.of('dial').some(({ node }) => node === a))
})

test('a missing member that gives no address cannot be asked and is declared down', () => {
  const bench = withAMissingMember()
  const record = { ...recordOf(nodeOf(4)), addresses: [] }
  bench.receive(a, { kind: 'directoryEntries', records: [record], notices: [] })
  waitWithDials(bench, bounds.missingMs + 1_000, 'answered')
  assert.equal(stateOf(bench, nodeOf(4)), 'down')
  assert.equal(stateOf(bench, c), 'up')
})

test('a missing member that is back in the tree is no suspect any more, a lost neighbour that is back under another stays one', () => {
  const bench = withAMissingMember()
  bench.wait(bounds.tickMs, () => beat(bench))
  assert.equal(bench.state.suspects.get(c)?.why, 'missing')
  bench.give({ kind: 'sessionClosed', node: b })
  for (const node of [b, c]) bench.state.links.get(a)?.census.add(node)
  bench.give({ kind: 'tick' })
  assert.equal(bench.state.suspects.has(c), false)
  assert.equal(bench.state.suspects.get(b)?.why, 'lost')
})

test('the end of an old dial says nothing of a new suspicion against the same member', () => {
  const bench = withAMissingMember()
  bench.give({ kind: 'sessionClosed', node: a })
  bench.give({ kind: 'tick' })
  const [old] = bench.of('dial').filter(({ node }) => node === a)
  assert.ok(old)
  bench.addChild(a)
  bench.give({ kind: 'sessionClosed', node: a })
  bench.give({ kind: 'tick' })
  const asked = bench.of('dial').filter(({ node }) => node === a)
  assert.equal(asked.length, 1, 'it is asked anew')
  bench.give({ kind: 'dialFailed', dial: old.dial })
  assert.equal(bench.state.suspects.get(a)?.failures, 0)
  bench.give({ kind: 'dialFailed', dial: asked[0]?.dial ?? 0 })
  assert.equal(bench.state.suspects.get(a)?.failures, 1)
})
