import { type Clock, limits, type NodeId } from '@borgios/core'

/** Nodes that failed lately: left out of placement for a while, so that not every stripe waits for the same one. */
export class FailedNodes {
  readonly #clock: Clock
  readonly #untilMs = new Map<NodeId, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(node: NodeId): void {
    this.#untilMs.delete(node)
    this.#untilMs.set(node, this.#clock.monotonicMs() + limits.store.avoidNodeMs)
    const oldest = this.#untilMs.keys().next()
    if (this.#untilMs.size > limits.store.avoidedNodes && !oldest.done) this.#untilMs.delete(oldest.value)
  }

  /** It came back. */
  forgive(node: NodeId): void {
    this.#untilMs.delete(node)
  }

  has(node: NodeId): boolean {
    const untilMs = this.#untilMs.get(node)
    if (untilMs === undefined) return false
    if (this.#clock.monotonicMs() < untilMs) return true
    this.#untilMs.delete(node)
    return false
  }
}
