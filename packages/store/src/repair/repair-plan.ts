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
  /** Goes up by one every so often, at the same time on all nodes. */
  readonly turn: number
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
  /** No node is free, but these say that they hold a shard of this node as well: if that is true of one it makes room. */
  | { readonly kind: 'trim'; readonly shard: ShardId; readonly keepers: readonly NodeId[] }
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
    return superfluousShard(view, holders) ?? { kind: 'no-room' }
  }
  const inLine = holders.findIndex(({ node }) => node === self)
  const place = inLine === -1 ? holders.length : inLine
  const leader = holders[0]
  if (leader !== undefined && place > 0 && view.waitedMs < place * view.patienceMs) {
    return { kind: 'follow', leader: leader.node }
  }
  return { kind: 'rebuild', missing, sources, holders }
}

/**
 * A node for each position that has one. Copies are interchangeable: each holder stands for one position. What is said of shards
 * is not proved, so nobody counts for two of a stripe: who names several fills one gap that the others leave.
 */
function sourcesOf({ record, presence, candidates }: StripeView): readonly (NodeId | undefined)[] {
  const up = new Set(candidates.map(({ node }) => node))
  const claims = record.shards.map((shard) => (presence.get(shard) ?? []).filter((node) => up.has(node)))
  if (record.data === 1) return claims.map((nodes, position) => nodes[position])
  const several = namingSeveral(presence)
  const sources = claims.map((nodes) => nodes.find((node) => !several.has(node)))
  for (const node of several) {
    const gap = sources.findIndex((source, position) => source === undefined && claims[position]?.includes(node))
    if (gap !== -1) sources[gap] = node
  }
  return sources
}

/** Nodes that say they hold several shards of one stripe: liars, as a rule, for an honest node takes only one. In order. */
function namingSeveral(presence: Presence): ReadonlySet<NodeId> {
  const nodes = [...presence.values()].flat()
  return new Set(nodes.filter((node, at) => nodes.indexOf(node) !== at).sort())
}

/**
 * A shard of ours that holders before us in line have, too. After nodes returned from beyond their grace, shards exist twice; a
 * second one may keep the only free node from taking what is missing. Each shard of a stripe has its turn: whatever somebody
 * tells each of us, we do not all give up our shards at once, and what the first gave up is made good before the next one's turn.
 */
function superfluousShard(view: StripeView, holders: readonly Candidate[]): RepairPlan | undefined {
  const { record, presence, self, turn } = view
  const shard = record.shards[turn % record.shards.length]
  // Every copy counts as long as there are too few.
  if (shard === undefined || record.data === 1) return undefined
  const nodes = presence.get(shard) ?? []
  if (!nodes.includes(self)) return undefined
  const several = namingSeveral(presence)
  const line = holders.map(({ node }) => node)
  const before = line.slice(0, Math.max(0, line.indexOf(self)))
  const keepers = before.filter((node) => nodes.includes(node) && !several.has(node))
  return keepers.length === 0 ? undefined : { kind: 'trim', shard, keepers }
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
