import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type NodeId, OperatorId, type ShardId } from '@borgios/core'
import { testNodeId } from '@borgios/peertree/testing'
import { recordIdOf } from '../src/coding/stripe-record.ts'
import { rank } from '../src/placement/placement.ts'
import { planRepair, type StripeView } from '../src/repair/repair-plan.ts'
import { fullSlice } from './full-slice.ts'
import { PATIENCE_MS, recordOf, shardId, simulateRepair } from './repair-world.ts'

describe('the repair planner', () => {
  test('in a simulated crowd never loses, doubles up or stops short', () => {
    for (let seed = 1; seed <= (fullSlice ? 2000 : 100); seed += 1) {
      try {
        simulateRepair(seed)
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error })
      }
    }
  })

  const record = recordOf(1, 3, 2)
  const id = recordIdOf(record)
  const candidates = Array.from({ length: 7 }, (_, index) => ({
    node: testNodeId(index),
    operator: OperatorId.fromBytes(new Uint8Array(32).fill(index)),
    place: `place-${index}`,
  }))
  const ranked = rank(id, candidates)
  const nodeAt = (position: number): NodeId => ranked[position]?.node ?? testNodeId(99)
  /** The first five in line hold one shard each, but for the missing. */
  const view = (missing: readonly number[], self: number, more: Partial<StripeView> = {}): StripeView => ({
    ...{
      id,
      record,
      candidates,
      failed: new Set(),
      recentlyDown: [],
      self: nodeAt(self),
      isBeingPut: false,
      waitedMs: 0,
      turn: 0,
    },
    patienceMs: PATIENCE_MS,
    presence: new Map(
      record.shards.flatMap((shard, at) => (missing.includes(at) ? [] : [[shard, [nodeAt(at)]] as const])),
    ),
    ...more,
  })

  test('the first holder in line leads, the others follow it', () => {
    assert.equal(planRepair(view([], 0)).kind, 'whole')
    const plan = planRepair(view([2], 0))
    assert.ok(plan.kind === 'rebuild')
    assert.deepEqual(plan.missing, [2])
    assert.deepEqual(plan.sources, [nodeAt(0), nodeAt(1), undefined, nodeAt(3), nodeAt(4)])
    assert.deepEqual(planRepair(view([2], 1)), { kind: 'follow', leader: nodeAt(0) })
    assert.deepEqual(planRepair(view([0], 1)).kind, 'rebuild')
  })

  test('a leader that does not act is passed over, one after the other', () => {
    assert.equal(planRepair(view([2], 1, { waitedMs: PATIENCE_MS - 1 })).kind, 'follow')
    assert.equal(planRepair(view([2], 1, { waitedMs: PATIENCE_MS })).kind, 'rebuild')
    assert.equal(planRepair(view([2], 3, { waitedMs: PATIENCE_MS })).kind, 'follow')
    assert.equal(planRepair(view([2], 3, { waitedMs: 2 * PATIENCE_MS })).kind, 'rebuild')
    // One that holds nothing any more comes last.
    assert.equal(planRepair(view([2], 6, { waitedMs: 3 * PATIENCE_MS })).kind, 'follow')
    assert.equal(planRepair(view([2], 6, { waitedMs: 4 * PATIENCE_MS })).kind, 'rebuild')
  })

  test('waits for a node that may be restarting, but only if the shard may be there', () => {
    const stillUp = ranked.filter((_, position) => position !== 2)
    const away = ranked.slice(2, 3)
    assert.equal(planRepair(view([2], 0, { candidates: stillUp, recentlyDown: away })).kind, 'grace')
    const last = ranked.slice(6)
    const others = ranked.slice(0, 6)
    assert.equal(planRepair(view([2], 0, { candidates: others, recentlyDown: last })).kind, 'rebuild')
  })

  test('leaves a stripe that is being put to whoever puts it', () => {
    assert.equal(planRepair(view([2], 0, { isBeingPut: true })).kind, 'grace')
    assert.equal(planRepair(view([2], 3, { isBeingPut: true, waitedMs: 9 * PATIENCE_MS })).kind, 'grace')
    assert.equal(planRepair(view([], 0, { isBeingPut: true })).kind, 'whole')
  })

  test('says when it is hopeless for now', () => {
    assert.equal(planRepair(view([0, 1, 2], 3)).kind, 'unreadable')
    assert.equal(planRepair(view([4], 0, { candidates: ranked.slice(0, 4) })).kind, 'no-room')
    const sameOperator = ranked.map((one, at) =>
      at > 4 ? { ...one, operator: ranked[0]?.operator ?? one.operator } : one,
    )
    assert.equal(planRepair(view([4], 0, { candidates: sameOperator.filter((_, at) => at !== 4) })).kind, 'no-room')
  })

  test('makes nothing for nodes that just took nothing', () => {
    const failed = new Set([nodeAt(5), nodeAt(6)])
    assert.equal(planRepair(view([4], 0, { candidates: ranked.filter((_, at) => at !== 4), failed })).kind, 'no-room')
    assert.equal(planRepair(view([4], 0, { failed })).kind, 'rebuild')
    // They are read all the same.
    assert.equal(planRepair(view([], 0, { failed: new Set([nodeAt(1)]) })).kind, 'whole')
  })

  test('a second copy of a shard makes room for a missing one', () => {
    const six = ranked.slice(0, 6)
    const presence = new Map(view([4], 0).presence)
    presence.set(record.shards[2] ?? shardId(1, 2), [nodeAt(4), nodeAt(2), nodeAt(5)])
    const seen = (self: number, turn = 2) => planRepair(view([], self, { presence, candidates: six, turn }))
    const [shard] = record.shards.slice(2)
    assert.deepEqual(seen(2), { kind: 'no-room' })
    assert.deepEqual(seen(4), { kind: 'trim', shard, keepers: [nodeAt(2)] })
    assert.deepEqual(seen(5), { kind: 'trim', shard, keepers: [nodeAt(2), nodeAt(4)] })
    assert.deepEqual(seen(0), { kind: 'no-room' })
    for (const turn of [0, 1, 3, 4]) assert.deepEqual(seen(5, turn), { kind: 'no-room' })
    assert.equal(seen(5, 7).kind, 'trim')
  })

  const claiming = (missing: readonly number[], liar: NodeId, claimed: readonly number[]) => {
    const presence = new Map<ShardId, NodeId[]>()
    record.shards.forEach((shard, at) => {
      const claims = claimed.includes(at) ? [liar] : []
      presence.set(shard, missing.includes(at) ? claims : [...claims, nodeAt(at)])
    })
    return presence
  }

  test('a node that names several shards counts for one at most, and makes nobody give up any', () => {
    const five = ranked.slice(0, 5)
    const everything = claiming([0], nodeAt(0), [1, 2, 3, 4])
    for (const self of [1, 2, 3, 4]) {
      for (let turn = 0; turn < 5; turn += 1) {
        const plan = planRepair(view([], self, { presence: everything, candidates: five, turn }))
        assert.deepEqual(plan, { kind: 'no-room' })
      }
    }
    const plan = planRepair(view([], 1, { presence: claiming([2, 3], nodeAt(6), [0, 1, 2, 3, 4]) }))
    assert.equal(plan.kind, 'follow')
    const lead = planRepair(view([], 0, { presence: claiming([2, 3], nodeAt(6), [0, 1, 2, 3, 4]) }))
    assert.ok(lead.kind === 'rebuild')
    assert.deepEqual(lead.missing, [3])
    assert.deepEqual(lead.sources, [nodeAt(0), nodeAt(1), nodeAt(6), undefined, nodeAt(4)])
  })

  test('nodes that were made to take a second shard of a stripe still count', () => {
    const presence = new Map(record.shards.map((shard, at) => [shard, [nodeAt(at), nodeAt((at + 1) % 5)]]))
    assert.equal(planRepair(view([], 0, { presence })).kind, 'whole')
  })

  test('who tells each holder that it has just its shard makes one at a time look into that', () => {
    const five = ranked.slice(0, 5)
    for (let turn = 0; turn < 10; turn += 1) {
      const plans = [1, 2, 3, 4].map((self) =>
        planRepair(view([], self, { presence: claiming([0], nodeAt(0), [self]), candidates: five, turn })),
      )
      assert.equal(plans.filter(({ kind }) => kind === 'trim').length, turn % 5 === 0 ? 0 : 1)
    }
  })

  test('copies are never given up while there are too few', () => {
    const copies = recordOf(2, 1, 2)
    const [first, second] = rank(recordIdOf(copies), candidates)
    assert.ok(first !== undefined && second !== undefined)
    const presence = new Map([[shardId(2, 0), [first.node, second.node]]])
    const of = { id: recordIdOf(copies), record: copies, presence, candidates: [first, second] }
    assert.deepEqual(planRepair(view([], 0, { ...of, self: second.node })), { kind: 'no-room' })
  })

  test('does not count on holders that are down', () => {
    const plan = planRepair(view([], 0, { candidates: candidates.filter(({ node }) => node !== nodeAt(1)) }))
    assert.ok(plan.kind === 'rebuild')
    assert.deepEqual(plan.missing, [1])
  })
})
