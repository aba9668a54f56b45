import type { NodeId } from '@borgios/core'
import type { Member } from '@borgios/peertree'
import type { ComputeOffer } from '@borgios/protocol'

/** Why a node will not get the job. */
export interface Exclusion {
  readonly node: NodeId
  readonly why: string
}

export interface Candidates {
  readonly eligible: readonly NodeId[]
  readonly excluded: readonly Exclusion[]
}

/** Who may be asked at all: up, offering compute, not the requester, not failed on this job before, and the wanted one if one is. */
export function findCandidates(
  members: readonly Member[],
  self: NodeId,
  wanted: NodeId | undefined,
  failed: ReadonlyMap<NodeId, string>,
): Candidates {
  const eligible: NodeId[] = []
  const excluded: Exclusion[] = []
  for (const member of members) {
    if (wanted !== undefined && member.node !== wanted) continue
    const why = reasonAgainst(member, self, failed)
    if (why === undefined) eligible.push(member.node)
    else excluded.push({ node: member.node, why })
  }
  if (wanted !== undefined && eligible.length + excluded.length === 0) {
    excluded.push({ node: wanted, why: 'it is not a known member' })
  }
  return { eligible, excluded }
}

function reasonAgainst(member: Member, self: NodeId, failed: ReadonlyMap<NodeId, string>): string | undefined {
  if (member.node === self) return 'it is the node that asks, and jobs run on others'
  if (member.state === 'down') return 'it is down'
  if (!member.services.includes('compute')) return 'it does not offer compute'
  return failed.get(member.node)
}

/** What a probe of one node brought. */
export type Probe =
  | { readonly node: NodeId; readonly offer: ComputeOffer }
  | { readonly node: NodeId; readonly failure: string }

export interface Choice {
  /** Undefined when none can take it now. */
  readonly chosen: NodeId | undefined
  /** Whether one that is full now may take it later. */
  readonly anyBusy: boolean
  readonly excluded: readonly Exclusion[]
}

/** The node with the least work for each slot among those with room; of equals, the one named first. Pure. */
export function chooseNode(probes: readonly Probe[]): Choice {
  const excluded: Exclusion[] = []
  let chosen: NodeId | undefined
  let leastLoad = Number.POSITIVE_INFINITY
  let anyBusy = false
  for (const probe of probes) {
    const why = 'offer' in probe ? reasonAgainstOffer(probe.offer) : probe.failure
    if (why !== undefined) {
      excluded.push({ node: probe.node, why })
      if ('offer' in probe && isFull(probe.offer)) anyBusy = true
    } else if ('offer' in probe && loadOf(probe.offer) < leastLoad) {
      leastLoad = loadOf(probe.offer)
      chosen = probe.node
    }
  }
  return { chosen, anyBusy, excluded }
}

const runsJobs = (offer: ComputeOffer): boolean => offer.unavailableWhy === undefined && offer.slots > 0
const isFull = (offer: ComputeOffer): boolean =>
  runsJobs(offer) && offer.running >= offer.slots && offer.queued >= offer.queueSlots
const loadOf = (offer: ComputeOffer): number => (offer.running + offer.queued) / offer.slots

function reasonAgainstOffer(offer: ComputeOffer): string | undefined {
  if (!runsJobs(offer)) return offer.unavailableWhy ?? 'it has no job slots'
  if (!isFull(offer)) return undefined
  return `it is full: ${offer.running} jobs run and ${offer.queued} wait`
}
