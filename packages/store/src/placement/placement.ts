import { hash } from 'node:crypto'
import type { NodeId } from '@borgios/core'
import type { Member } from '@borgios/peertree'

/** A node that offers to store. */
export type Candidate = Pick<Member, 'node' | 'operator' | 'place'>

/** Members that are up and offer to store. */
export const candidatesOf = (members: readonly Member[]): readonly Candidate[] =>
  members.filter((member) => member.state === 'up' && member.services.includes('store'))

export const operatorCount = (candidates: readonly Candidate[]): number =>
  new Set(candidates.map(({ operator }) => operator)).size

const scoreOf = (key: string, node: NodeId): number => hash('sha256', `${key}\n${node}`, 'buffer').readUIntBE(0, 6)

/**
 * Candidates by rendezvous hashing ("A Name-Based Mapping Scheme for Rendezvous", 1996): for each key its own order, the same
 * wherever it is computed, balanced over many keys; nodes that come or go move only their own share.
 */
export function rank<Ranked extends { readonly node: NodeId }>(key: string, candidates: readonly Ranked[]): Ranked[] {
  return candidates
    .map((candidate) => ({ candidate, score: scoreOf(key, candidate.node) }))
    .sort((left, right) => right.score - left.score || (left.candidate.node < right.candidate.node ? -1 : 1))
    .map(({ candidate }) => candidate)
}

/**
 * Hands out places for the shards of one stripe, best first: never a node twice, never two of one operator, and a place again
 * only when no other is left.
 */
export class Placement {
  readonly #left: Candidate[]
  readonly #operators: Set<string>
  readonly #places: Set<string>

  /** `key`: the stripe record's id. `holders`: who has shards of this stripe already. */
  constructor(key: string, candidates: readonly Candidate[], holders: readonly Candidate[] = []) {
    const holding = new Set(holders.map(({ node }) => node))
    this.#left = rank(
      key,
      candidates.filter(({ node }) => !holding.has(node)),
    )
    this.#operators = new Set(holders.map(({ operator }) => operator))
    this.#places = new Set(holders.map(({ place }) => place))
  }

  /** The next node to use; undefined when there is none. */
  next(): Candidate | undefined {
    const isFree = ({ operator }: Candidate): boolean => !this.#operators.has(operator)
    const chosen =
      this.#left.find((candidate) => isFree(candidate) && !this.#places.has(candidate.place)) ?? this.#left.find(isFree)
    if (chosen === undefined) return undefined
    this.#left.splice(this.#left.indexOf(chosen), 1)
    this.#operators.add(chosen.operator)
    this.#places.add(chosen.place)
    return chosen
  }

  /** A node did not take its shard: another of its operator may, or one at its place. */
  failed(candidate: Candidate): void {
    this.#operators.delete(candidate.operator)
    this.#places.delete(candidate.place)
  }
}
