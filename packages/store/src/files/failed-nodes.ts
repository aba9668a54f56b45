import { type Clock, limits, type NodeId } from '@borgios/core'
import type { NodeFailure } from '../errors.ts'

/** Nodes that failed lately: left out of placement for a while, so that not every stripe waits for the same one. */
export class FailedNodes {
  readonly #clock: Clock
  readonly #failed = new Map<NodeId, { readonly failure: NodeFailure; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(failure: NodeFailure): void {
    const { node } = failure
    this.#failed.delete(node)
    this.#failed.set(node, { failure, untilMs: this.#clock.monotonicMs() + limits.store.avoidNodeMs })
    const oldest = this.#failed.keys().next()
    if (this.#failed.size > limits.store.avoidedNodes && !oldest.done) this.#failed.delete(oldest.value)
  }

  /** It came back, or has room again. */
  forgive(node: NodeId): void {
    this.#failed.delete(node)
  }

  /** How it failed; undefined if it did not, or not lately. */
  get(node: NodeId): NodeFailure | undefined {
    const failed = this.#failed.get(node)
    if (failed === undefined) return undefined
    if (this.#clock.monotonicMs() < failed.untilMs) return failed.failure
    this.#failed.delete(node)
    return undefined
  }
}
