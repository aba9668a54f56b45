import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits, NodeId } from '@borgios/core'
import { membersOf } from '@borgios/peertree'
import type { NodeRecord } from '@borgios/protocol'
import fc from 'fast-check'
import { Directory } from '../src/directory/directory.ts'
import { invited, nodeOf, noticeOf, recordOf, TreeBench } from './tree-bench.ts'

const [a, b, c] = [nodeOf(1), nodeOf(2), nodeOf(3)]
const bounds = limits.tree
const forged = 'B'.repeat(86)

const withChildren = (): TreeBench => {
  const bench = new TreeBench()
  bench.addChild(a)
  bench.addChild(b)
  bench.nowMs += 1_000
  return bench
}

const stateOf = (bench: TreeBench, node: string): string | undefined =>
  membersOf(bench.state).find((member) => member.node === node)?.state

test('a new member is passed on to the other neighbours and told to the shell', () => {
  const bench = withChildren()
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(c)], notices: [] })
  assert.deepEqual(
    bench.of('memberChanged').map(({ member }) => [member.node, member.state]),
    [[c, 'up']],
  )
  assert.deepEqual(
    bench.sent('directoryEntries').map(({ records }) => records[0]?.node),
    [c],
  )
  assert.equal(bench.sent('directoryEntries', a).length, 0)
  bench.receive(b, { kind: 'directoryEntries', records: [recordOf(c)], notices: [] })
  assert.deepEqual(bench.effects, [])
})

test('forged records and notices are not believed, and whoever keeps sending them is cut off', () => {
  const bench = withChildren()
  const records = [recordOf(c, 1, forged)]
  bench.receive(a, { kind: 'directoryEntries', records, notices: [] })
  assert.equal(stateOf(bench, c), undefined)
  bench.receive(a, { kind: 'directoryEntries', records: [], notices: [noticeOf(b, 1, a, forged)] })
  assert.equal(stateOf(bench, b), 'up')
  bench.receive(a, { kind: 'directoryEntries', records, notices: [] })
  assert.deepEqual(bench.of('hangUp'), [{ kind: 'hangUp', node: a, why: 'abuse' }])
})

test('a record whose invitation has run out is left aside: its bearer is not blamed and the rest of the page counts', () => {
  const bench = withChildren()
  const gone = nodeOf(4)
  bench.expired.add(gone)
  for (let copy = 0; copy <= bounds.maxStrikes; copy += 1) {
    bench.receive(a, { kind: 'directoryEntries', records: [recordOf(gone), recordOf(c)], notices: [] })
    assert.deepEqual(bench.of('hangUp'), [])
  }
  assert.equal(stateOf(bench, gone), undefined)
  assert.equal(stateOf(bench, c), 'up')
})

test('a member whose invitation runs out is taken out of the directory and hung up, and nobody is told', () => {
  const bench = withChildren()
  const before = bench.state.directory.digest
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(c)], notices: [] })
  bench.open(c)
  bench.nowMs += 1_000
  bench.expired.add(c).add(bench.self)
  bench.give({ kind: 'tick' })
  assert.deepEqual(
    bench.of('memberChanged').map(({ member }) => [member.node, member.state]),
    [[c, 'down']],
  )
  assert.deepEqual(bench.of('hangUp'), [{ kind: 'hangUp', node: c, why: 'expired' }])
  assert.equal(stateOf(bench, c), undefined)
  assert.equal(bench.state.directory.digest, before)
  assert.deepEqual(bench.sent('directoryEntries'), [])
  assert.equal(stateOf(bench, bench.self), 'up', 'of itself a node cannot get rid')
})

test('who attaches after its invitation ran out gets no place', () => {
  const bench = new TreeBench()
  bench.open(a)
  bench.expired.add(a)
  bench.attach(a)
  assert.deepEqual(bench.position.children, [])
})

test('who attaches must bring its own record', () => {
  const bench = new TreeBench()
  bench.open(a)
  bench.attach(a, 1, { record: recordOf(b) })
  bench.attach(a, 1, { record: recordOf(a, 1, forged) })
  assert.deepEqual(bench.position.children, [])
})

test('a node that is called down says with a higher sequence that it is not, at most once a second', () => {
  const bench = withChildren()
  const accuse = (): void => {
    const notice = noticeOf(bench.self, bench.state.sequence, a)
    bench.receive(a, { kind: 'directoryEntries', records: [], notices: [notice] })
  }
  accuse()
  assert.deepEqual(
    bench.of('memberChanged').map(({ member }) => member.state),
    ['up'],
  )
  assert.equal(bench.sent('directoryEntries', b)[0]?.records[0]?.sequence, 2)
  accuse()
  assert.deepEqual(bench.of('memberChanged'), [])
  bench.wait(bounds.announceMs)
  assert.equal(bench.of('memberChanged').length, 1)
})

test('a record from a former life makes ours newer', () => {
  const bench = withChildren()
  bench.receive(a, { kind: 'directoryEntries', records: [recordOf(bench.self, 41)], notices: [] })
  assert.equal(bench.sent('directoryEntries', b)[0]?.records[0]?.sequence, 42)
})

test('a comparison brings what either side lacks', () => {
  const bench = withChildren()
  const members = [
    { node: b, sequence: 0, up: true },
    { node: c, sequence: 3, up: true },
  ]
  bench.receive(a, { kind: 'directorySummary', members })
  const sent = bench.sent('directoryEntries', a).flatMap(({ records }) => records.map(({ node }) => node))
  assert.deepEqual(sent.sort(), [a, b, bench.self].sort())
  assert.deepEqual(bench.sent('directoryWant', a), [{ kind: 'directoryWant', nodes: [c] }])
})

test('directories that heard the same things in any order agree', () => {
  const saying = fc.record({
    isNotice: fc.boolean(),
    node: fc.constantFrom(a, b, c),
    sequence: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(fc.array(saying, { maxLength: 30 }), fc.array(fc.nat(), { minLength: 30 }), (sayings, order) => {
      const shuffled = sayings.map((said, index) => ({ said, key: order[index] ?? 0 }))
      shuffled.sort((left, right) => left.key - right.key)
      const one = hearing(sayings)
      const other = hearing(shuffled.map(({ said }) => said))
      // Notices about records that came later are dropped, as the comparison brings them again: so hear them twice.
      assert.equal(hearing(sayings, one).digest, hearing(sayings, other).digest)
    }),
  )
})

interface Saying {
  readonly isNotice: boolean
  readonly node: typeof a
  readonly sequence: number
}

function hearing(sayings: readonly Saying[], directory = new Directory(() => true)): Directory {
  for (const [index, { isNotice, node, sequence }] of sayings.entries()) {
    const nowMs = index * bounds.recordPauseMs * 1_000
    if (isNotice) directory.putNotice(noticeOf(node, sequence, node), nowMs)
    else if (directory.wantsRecord(recordOf(node, sequence), nowMs + 1e12))
      directory.putRecord(recordOf(node, sequence), nowMs)
  }
  return directory
}

const numbered = (index: number): typeof a => {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(4, index)
  return NodeId.fromBytes(bytes)
}
const ofInvited = (index: number, sequence = 1) => recordOf(numbered(index), sequence, undefined, invited)

test('the directory is bounded, and makes room only by forgetting who is down', () => {
  const directory = new Directory(() => true)
  for (let index = 0; index < bounds.directoryEntries; index += 1) directory.putRecord(recordOf(numbered(index)), 0)
  assert.equal(directory.hasRoomFor(recordOf(a)), false)
  assert.equal(directory.hasRoomFor(recordOf(numbered(7), 2)), true, 'who has a place keeps it')
  directory.putNotice(noticeOf(numbered(5), 1, b), 0)
  directory.putNotice(noticeOf(numbered(6), 1, b), 1)
  assert.equal(directory.hasRoomFor(recordOf(a)), true)
  directory.putRecord(recordOf(a), 0)
  assert.deepEqual([directory.has(numbered(5)), directory.has(numbered(6))], [false, true])
  assert.equal(directory.size, bounds.directoryEntries)
})

test('an invited operator has so many members up and no more, whatever it did before; a founder has no such bound', () => {
  const directory = new Directory((operator) => operator !== invited)
  const most = bounds.membersPerOperator
  for (let index = 0; index < most; index += 1) directory.putRecord(ofInvited(index), 0)
  const [next, other] = [ofInvited(most), ofInvited(most + 1)]
  assert.equal(directory.hasRoomFor(next), false)
  assert.equal(directory.hasRoomFor(ofInvited(0, 2)), true)
  assert.equal(directory.hasRoomFor(recordOf(next.node)), true, 'the same of a founder')
  directory.putRecord(ofInvited(0, 2), 0)
  assert.equal(directory.hasRoomFor(next), false)
  directory.putNotice(noticeOf(numbered(0), 2, b), 0)
  assert.equal(directory.hasRoomFor(next), true)
  directory.putRecord(next, 0)
  assert.equal(directory.hasRoomFor(ofInvited(0, 3)), false, 'its place was taken meanwhile')
  directory.remove(numbered(1))
  assert.equal(directory.hasRoomFor(other), true)
  // A node that changes hands counts for the new operator.
  directory.putRecord(recordOf(numbered(2), 2), 0)
  directory.putRecord(other, 0)
  assert.equal(directory.hasRoomFor(ofInvited(most + 2)), true)
})

test('records there is no room for, known ones and older ones cost no check of signatures', () => {
  const bench = withChildren()
  const say = (records: NodeRecord[]) => bench.receive(a, { kind: 'directoryEntries', records, notices: [] })
  for (let index = 0; index <= bounds.membersPerOperator; index += 1) say([ofInvited(index)])
  const before = bench.verified.length
  assert.equal(bench.verified.includes(numbered(bounds.membersPerOperator)), false)
  bench.nowMs += 10_000
  say([ofInvited(bounds.membersPerOperator + 1), ofInvited(3), ofInvited(4, 0)])
  assert.equal(bench.verified.length, before)
  say([ofInvited(3, 2)])
  assert.equal(bench.verified.length, before + 1)
})

test('a whole directory may come at once from a neighbour, then only so many records a second are checked', () => {
  const bench = withChildren()
  const flood = (from: number, count: number): void => {
    for (let start = from; start < from + count; start += bounds.directoryPageRecords) {
      const records = Array.from({ length: bounds.directoryPageRecords }, (_, index) =>
        recordOf(numbered(start + index)),
      )
      bench.nowMs += 1
      bench.receive(a, { kind: 'directoryEntries', records, notices: [] })
    }
  }
  flood(1, bounds.directoryEntries - bounds.directoryPageRecords)
  assert.equal(bench.state.directory.size, bounds.directoryEntries - bounds.directoryPageRecords + 3)
  for (const { record } of bench.state.directory.entries()) bench.state.directory.remove(record.node)
  const before = bench.verified.length
  flood(10_000, 2_048)
  const checked = bench.verified.length - before
  assert.ok(checked < 2 * bounds.directoryPageRecords, `${checked} were checked`)
  bench.nowMs += 1_000
  flood(20_000, 2_048)
  assert.ok(bench.verified.length - before - checked >= bounds.recordChecksPerSecond)
})

test('who finds no place in the directory is told so, and gets none in the tree', () => {
  const bench = new TreeBench()
  for (let index = 0; index < bounds.membersPerOperator; index += 1)
    bench.state.directory.putRecord(ofInvited(index), 0)
  bench.open(a)
  bench.attach(a, 7, { record: recordOf(a, 1, undefined, invited) })
  assert.deepEqual(bench.sent('refuse', a), [{ kind: 'refuse', edge: 7, reason: 'unlisted' }])
  assert.deepEqual(bench.position.children, [])
})

test('a node that is told so tells its people', () => {
  const bench = new TreeBench({ contacts: [['/test/parent']] })
  bench.open(a)
  bench.give({ kind: 'dialed', dial: bench.of('dial')[0]?.dial ?? bench.state.nextDial - 1, node: a })
  const edge = bench.sent('attach')[0]?.edge ?? 0
  bench.receive(a, { kind: 'refuse', edge, reason: 'unlisted' })
  assert.deepEqual(bench.of('turnedAway'), [{ kind: 'turnedAway', by: a }])
})
