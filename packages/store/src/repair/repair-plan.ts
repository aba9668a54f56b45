import type { NodeId, ShardId } from '@borgios/core'
import type { RecordId, StripeRecord } from '@borgios/protocol'
import { type Candidate, Placement, rank } from '../placement/placement.ts'
import type { Presence } from '../transfer/holders.ts'

/** What one node knows of a stripe when it decides whether to repair it. */
export interface StripeView {
  readonly id: RecordId
  readonly record: StripeRecord
  readonly presence: Presence
  /** Nodes that are up and offer to store. */
  readonly candidates: readonly Candidate[]
  /** Of these, nodes that lately took no shard: full ones, as a rule. */
  readonly failed: ReadonlySet<NodeId>
  /** Nodes that went down so lately that they may be restarting. */
  readonly recentlyDown: readonly Candidate[]
  readonly self: NodeId
  /** Its put is still under way: whoever puts looks after it, or takes it back. */
  readonly isBeingPut: boolean
  /** For how long this node has seen the stripe short. */
  readonly waitedMs: number
  /** How long each holder in line leaves the repair to the one before it. */
  readonly patienceMs: number
}

export type RepairPlan =
  /** Nothing is missing. */
  | { readonly kind: 'whole' }
  /** A node that may have what is missing may be restarting, or the stripe is just being put. */
  | { readonly kind: 'grace' }
  /** Fewer shards are there than it takes. */
  | { readonly kind: 'unreadable' }
  /** No node is free to take a shard of this stripe. */
  | { readonly kind: 'no-room' }
  /** No node is free, but this one holds a shard that a better-ranked one holds as well: it makes room. */
  | { readonly kind: 'trim'; readonly shard: ShardId }
  /** Another holder leads this repair. */
  | { readonly kind: 'follow'; readonly leader: NodeId }
  | {
      readonly kind: 'rebuild'
      /** Positions to make anew. */
      readonly missing: readonly number[]
      /** Who has each position now. */
      readonly sources: readonly (NodeId | undefined)[]
      /** The nodes that hold something of this stripe. */
      readonly holders: readonly Candidate[]
    }

/**
 * Decides on one stripe. Every holder that sees the same comes to the same leader and the same targets, so nobody has to agree
 * with anybody; holders that see different things at worst make a shard twice. The holder that ranks first leads; one that does
 * not act is passed over in time.
 */
export function planRepair(view: StripeView): RepairPlan {
  const { id, record, candidates, failed, self } = view
  const sources = sourcesOf(view)
  const missing = [...sources.entries()].filter(([, node]) => node === undefined).map(([position]) => position)
  if (missing.length === 0) return { kind: 'whole' }
  if (view.isBeingPut || mayComeBack(view)) return { kind: 'grace' }
  if (sources.length - missing.length < record.data) return { kind: 'unreadable' }
  const holding = new Set([...view.presence.values()].flat())
  const holders = rank(
    id,
    candidates.filter(({ node }) => holding.has(node)),
  )
  const takers = candidates.filter(({ node }) => !failed.has(node))
  if (new Placement(id, takers, holders).next() === undefined) {
    const shard = superfluousShard(view, holders)
    return shard === undefined ? { kind: 'no-room' } : { kind: 'trim', shard }
  }
  const inLine = holders.findIndex(({ node }) => node === self)
  const place = inLine === -1 ? holders.length : inLine
  const leader = holders[0]
  if (leader !== undefined && place > 0 && view.waitedMs < place * view.patienceMs) {
    return { kind: 'follow', leader: leader.node }
  }
  return { kind: 'rebuild', missing, sources, holders }
}

/** A node for each position that has one. Copies are interchangeable: each holder stands for one position. */
function sourcesOf({ record, presence, candidates }: StripeView): readonly (NodeId | undefined)[] {
  const up = new Set(candidates.map(({ node }) => node))
  return record.shards.map((shard, position) => {
    const nodes = (presence.get(shard) ?? []).filter((node) => up.has(node))
    return record.data === 1 ? nodes[position] : nodes[0]
  })
}

/**
 * A shard of ours that a holder before us in line has, too. After nodes returned from beyond their grace, shards exist twice; a
 * second one may keep the only free node from taking what is missing.
 */
function superfluousShard({ record, presence, self }: StripeView, holders: readonly Candidate[]): ShardId | undefined {
  // Every copy counts as long as there are too few.
  if (record.data === 1) return undefined
  const before = new Set(
    holders
      .slice(
        0,
        holders.findIndex(({ node }) => node === self),
      )
      .map(({ node }) => node),
  )
  return record.shards.find((shard) => {
    const nodes = presence.get(shard) ?? []
    return nodes.includes(self) && nodes.some((node) => before.has(node))
  })
}

/** Whether a node that went down lately is one that placement would have chosen for this stripe. */
function mayComeBack({ id, record, candidates, recentlyDown }: StripeView): boolean {
  if (recentlyDown.length === 0) return false
  const away = new Set(recentlyDown.map(({ node }) => node))
  const placement = new Placement(id, [...candidates, ...recentlyDown])
  return record.shards.some(() => {
    const chosen = placement.next()
    return chosen !== undefined && away.has(chosen.node)
  })
}
