import type { NodeId } from '@borgios/core'

/** A shard to ask a node for. */
export interface Source {
  readonly position: number
  readonly node: NodeId
}

/**
 * Which shard of a stripe to ask whom for next. Pure: it only keeps account. Prefers what is on this node, then data shards,
 * which need no decoding, then parity; another source of a shard only once the first has failed.
 */
export class ShardSources {
  readonly #self: NodeId
  readonly #nodes: NodeId[][]
  readonly #tried = new Set<string>()
  readonly #asking = new Set<number>()
  readonly #here = new Set<number>()

  constructor(self: NodeId, shards: number) {
    this.#self = self
    this.#nodes = Array.from({ length: shards }, () => [])
  }

  /** Positions that are here, in order. */
  get here(): readonly number[] {
    return [...this.#here].sort((left, right) => left - right)
  }

  get asking(): number {
    return this.#asking.size
  }

  /** A node may have the shard at this position. */
  add(position: number, node: NodeId): void {
    const nodes = this.#nodes[position]
    if (nodes !== undefined && !nodes.includes(node)) nodes.push(node)
  }

  /** The best source that was not tried yet, now counted as being asked. */
  next(): Source | undefined {
    let best: Source | undefined
    this.#nodes.forEach((nodes, position) => {
      if (this.#here.has(position) || this.#asking.has(position)) return
      const open = nodes.filter((node) => !this.#tried.has(keyOf({ position, node })))
      const local = open.find((node) => node === this.#self)
      const node = local ?? open[0]
      if (node !== undefined && (best === undefined || (local !== undefined && best.node !== this.#self))) {
        best = { position, node }
      }
    })
    if (best !== undefined) {
      this.#tried.add(keyOf(best))
      this.#asking.add(best.position)
    }
    return best
  }

  arrived({ position }: Source): void {
    this.#asking.delete(position)
    this.#here.add(position)
  }

  failed({ position }: Source): void {
    this.#asking.delete(position)
  }

  /** It gave its shard when none was needed: it may be asked again. */
  dropped(source: Source): void {
    this.#asking.delete(source.position)
    this.#tried.delete(keyOf(source))
  }

  /** What stands at this position turned out wrong. */
  wrong(position: number): void {
    this.#here.delete(position)
  }

  /** Positions neither here nor being asked for. */
  get missing(): readonly number[] {
    return this.#nodes.flatMap((_, position) =>
      this.#here.has(position) || this.#asking.has(position) ? [] : position,
    )
  }
}

const keyOf = ({ position, node }: Source): string => `${position} ${node}`
