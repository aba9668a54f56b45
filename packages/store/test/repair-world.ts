import assert from 'node:assert/strict'
import { type NodeId, OperatorId, ShardId } from '@borgios/core'
import { SeededRandom } from '@borgios/core/testing'
import { testNodeId } from '@borgios/peertree/testing'
import type { StripeRecord } from '@borgios/protocol'
import { recordIdOf, recordOfCopies } from '../src/coding/stripe-record.ts'
import { type Candidate, Placement } from '../src/placement/placement.ts'
import { planRepair, type StripeView } from '../src/repair/repair-plan.ts'

export const PATIENCE_MS = 60_000
const GRACE_MS = 120_000

export const shardId = (stripe: number, position: number): ShardId =>
  ShardId.fromBytes(Uint8Array.from({ length: 32 }, (_, at) => [stripe >> 8, stripe, position][at] ?? 0))

export function recordOf(stripe: number, data: number, parity: number): StripeRecord {
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

/** Throws if a stripe is lost, doubled up or does not become whole in the end. */
export function simulateRepair(seed: number): void {
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
