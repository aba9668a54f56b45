import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type NodeId, OperatorId, ShardId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { testNodeId } from '@borgios/peertree/testing'
import type { StripeRecord } from '@borgios/protocol'
import { recordIdOf, recordOfCopies } from '../src/coding/stripe-record.ts'
import { type Candidate, Placement, rank } from '../src/placement/placement.ts'
import { planRepair, type StripeView } from '../src/repair/repair-plan.ts'
import { fullSlice } from './full-slice.ts'

const PATIENCE_MS = 60_000
const GRACE_MS = 120_000

const shardId = (stripe: number, position: number): ShardId =>
  ShardId.fromBytes(Uint8Array.from({ length: 32 }, (_, at) => [stripe >> 8, stripe, position][at] ?? 0))

function recordOf(stripe: number, data: number, parity: number): StripeRecord {
  const shards = Array.from({ length: data + parity }, (_, position) => shardId(stripe, position))
  return data === 1 ? recordOfCopies(shardId(stripe, 0), 64, 1 + parity) : { data, parity, shardBytes: 64, shards }
}

interface SimNode {
  readonly candidate: Candidate
  state: 'up' | 'down'
  sinceMs: number
  /** Stripe and position of what it holds: `3:1`. */
  readonly held: Set<string>
  readonly known: Set<number>
  readonly shortSinceMs: Map<number, number>
}

/**
 * Many stores as their planners see them: nodes die, return with or without their disks, lose single shards; each looks at its
 * stripes now and then and acts on what it saw a while ago, so that two leaders may work on different views. One may lie about what
 * it holds, to each as it likes.
 */
class RepairWorld {
  readonly random: SeededRandom
  readonly nodes: SimNode[]
  readonly records: StripeRecord[]
  liar: SimNode | undefined
  nowMs = 1_000_000
  rebuilt = 0
  doublePut = 0

  constructor(seed: number) {
    this.random = new SeededRandom(seed)
    const count = 6 + this.random.below(8)
    this.nodes = Array.from({ length: count }, (_, index) => ({
      candidate: {
        node: testNodeId(index),
        operator: OperatorId.fromBytes(new Uint8Array(32).fill(index < 6 ? index : this.random.below(12))),
        place: `place-${this.random.below(5)}`,
      },
      state: 'up',
      sinceMs: 0,
      held: new Set(),
      known: new Set(),
      shortSinceMs: new Map(),
    }))
    const codings = [
      [3, 2],
      [2, 1],
      [1, 2],
      [4, 2],
    ] as const
    this.records = Array.from({ length: 12 }, (_, stripe) => {
      const [data, parity] = codings[stripe % codings.length] ?? [3, 2]
      return recordOf(stripe, data, parity)
    })
    this.records.forEach((record, stripe) => {
      const placement = new Placement(recordIdOf(record), this.candidates())
      for (const position of record.shards.keys()) this.put(placement.next()?.node, stripe, position)
    })
  }

  candidates(): Candidate[] {
    return this.nodes.filter(({ state }) => state === 'up').map(({ candidate }) => candidate)
  }

  node(id: NodeId | undefined): SimNode {
    const found = this.nodes.find(({ candidate }) => candidate.node === id)
    assert.ok(found !== undefined)
    return found
  }

  /** What a store does with a shard: it refuses a second one of a coded stripe. */
  put(id: NodeId | undefined, stripe: number, position: number): boolean {
    const node = this.node(id)
    const isCopy = this.records[stripe]?.data === 1
    const mine = [...node.held].filter((key) => key.startsWith(`${stripe}:`))
    if (node.state === 'down' || (mine.length > 0 && (isCopy || !mine.includes(`${stripe}:${position}`)))) return false
    if (mine.length > 0) this.doublePut += 1
    node.held.add(`${stripe}:${isCopy ? 0 : position}`)
    node.known.add(stripe)
    return true
  }

  viewOf(node: SimNode, stripe: number): StripeView {
    const record = this.records[stripe]
    assert.ok(record !== undefined)
    const presence = new Map<ShardId, NodeId[]>()
    for (const { candidate, held, state } of this.nodes) {
      if (state === 'down') continue
      for (const key of held) {
        const [heldStripe, position] = key.split(':').map(Number)
        const shard = heldStripe === stripe ? record.shards[position ?? 0] : undefined
        if (shard !== undefined) presence.set(shard, [...(presence.get(shard) ?? []), candidate.node])
      }
    }
    if (this.liar?.state === 'up' && this.liar !== node) this.lie(this.liar.candidate.node, record, presence)
    const recentlyDown = this.nodes
      .filter(({ state, sinceMs }) => state === 'down' && this.nowMs - sinceMs < GRACE_MS)
      .map(({ candidate }) => candidate)
    const waitedMs = this.nowMs - (node.shortSinceMs.get(stripe) ?? this.nowMs)
    const self = node.candidate.node
    return {
      id: recordIdOf(record),
      record,
      presence,
      candidates: this.candidates(),
      failed: new Set(),
      recentlyDown,
      self,
      isBeingPut: false,
      waitedMs,
      patienceMs: PATIENCE_MS,
      turn: Math.floor(this.nowMs / PATIENCE_MS),
    }
  }

  /** It says that it holds everything, nothing, or one shard that may not be its own. */
  lie(liar: NodeId, record: StripeRecord, presence: Map<ShardId, NodeId[]>): void {
    const all = record.shards.length
    const from = this.random.below(all)
    const named = record.shards.slice(
      ...(this.random.pick([
        [0, all],
        [0, 0],
        [from, from + 1],
      ]) ?? []),
    )
    for (const shard of record.shards) {
      const others = (presence.get(shard) ?? []).filter((node) => node !== liar)
      presence.set(shard, named.includes(shard) ? [...others, liar] : others)
    }
  }

  /** Acts on a view that may be old by now. */
  act(node: SimNode, stripe: number, view: StripeView): string {
    if (node.state === 'down') return 'down'
    const plan = planRepair(view)
    if (plan.kind === 'whole') {
      node.shortSinceMs.delete(stripe)
      return plan.kind
    }
    if (!node.shortSinceMs.has(stripe)) node.shortSinceMs.set(stripe, this.nowMs)
    const isUp = ({ state }: SimNode): boolean => state === 'up'
    if (plan.kind === 'trim') {
      const key = `${stripe}:${view.record.shards.indexOf(plan.shard)}`
      if (plan.keepers.some((keeper) => isUp(this.node(keeper)) && this.node(keeper).held.has(key)))
        node.held.delete(key)
    }
    if (plan.kind === 'rebuild' && this.existing(stripe, isUp) >= view.record.data) {
      const placement = new Placement(view.id, this.candidates(), plan.holders)
      for (const position of plan.missing) {
        for (let target = placement.next(); target !== undefined; target = placement.next()) {
          if (!this.put(target.node, stripe, position)) placement.failed(target)
          else {
            this.rebuilt += 1
            break
          }
        }
      }
    }
    return plan.kind
  }

  /** Distinct shards of a stripe that exist on nodes for which `counts` holds. */
  existing(stripe: number, counts: (node: SimNode) => boolean): number {
    const keys = this.nodes
      .filter(counts)
      .flatMap(({ held }) => [...held].filter((key) => key.startsWith(`${stripe}:`)))
    return this.records[stripe]?.data === 1 ? keys.length : new Set(keys).size
  }

  /** Takes shards away only so far that every stripe stays readable by somebody. */
  mayLose(victim: SimNode, keys: readonly string[]): boolean {
    return this.records.every((record, stripe) => {
      const mine = keys.filter((key) => key.startsWith(`${stripe}:`)).length
      return mine === 0 || this.existing(stripe, (node) => node !== victim) >= record.data
    })
  }

  disturb(): void {
    const node = this.random.pick(this.nodes)
    assert.ok(node !== undefined)
    if (node.state === 'down') {
      node.state = 'up'
      node.sinceMs = this.nowMs
    } else if (this.random.chance(0.5)) {
      node.state = 'down'
      node.sinceMs = this.nowMs
      if (this.random.chance(0.4) && this.mayLose(node, [...node.held])) {
        node.held.clear()
        node.known.clear()
      }
    } else {
      const key = this.random.pick([...node.held])
      if (key !== undefined && this.mayLose(node, [key])) node.held.delete(key)
    }
  }

  assertSafe(): void {
    for (const [stripe, record] of this.records.entries()) {
      assert.ok(this.existing(stripe, () => true) >= record.data, 'no stripe is lost')
      for (const { held } of this.nodes) {
        const mine = [...held].filter((key) => key.startsWith(`${stripe}:`))
        assert.ok(mine.length <= 1, 'no node holds two shards of a stripe')
      }
    }
  }

  isWhole(): boolean {
    return this.records.every((record, stripe) => this.existing(stripe, () => true) >= record.shards.length)
  }
}

function run(seed: number): void {
  const world = new RepairWorld(seed)
  if (seed % 2 === 0) world.liar = world.random.pick(world.nodes)
  const underWay: { node: SimNode; stripe: number; view: StripeView }[] = []
  for (let step = 0; step < 400; step += 1) {
    world.nowMs += world.random.below(20_000)
    if (world.random.chance(0.15)) world.disturb()
    const node = world.random.pick(world.nodes)
    const stripe = node && world.random.pick([...node.known])
    if (node?.state === 'up' && stripe !== undefined) underWay.push({ node, stripe, view: world.viewOf(node, stripe) })
    if (underWay.length > 4) {
      const [next] = underWay.splice(world.random.below(underWay.length), 1)
      if (next !== undefined) world.act(next.node, next.stripe, next.view)
    }
    world.assertSafe()
  }
  for (const node of world.nodes) node.state = 'up'
  world.liar = undefined
  world.nowMs += GRACE_MS
  for (let round = 0; round < 80 && !world.isWhole(); round += 1) {
    world.nowMs += PATIENCE_MS
    for (const node of world.nodes) for (const stripe of node.known) world.act(node, stripe, world.viewOf(node, stripe))
  }
  world.assertSafe()
  assert.ok(world.isWhole(), 'with all nodes back every stripe becomes whole')
  const before = world.rebuilt
  for (const node of world.nodes) {
    for (const stripe of node.known) assert.equal(world.act(node, stripe, world.viewOf(node, stripe)), 'whole')
  }
  assert.equal(world.rebuilt, before, 'nothing is rebuilt that is there')
}

describe('the repair planner', () => {
  test('in a simulated crowd never loses, doubles up or stops short', () => {
    for (let seed = 1; seed <= (fullSlice ? 2000 : 100); seed += 1) {
      try {
        run(seed)
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
