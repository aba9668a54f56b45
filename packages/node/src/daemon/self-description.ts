import { type JsonObject, SECOND_MS } from '@borgios/core'
import type { NodeDescription, NodeLoad } from '@borgios/protocol'
import { cpuTimeMs, rssBytes } from '../adapters/index.ts'
import type { Rooms, RoomsContext } from './rooms.ts'

/** What this node says of itself, to its user and to other members. */
export class SelfDescription {
  readonly #context: RoomsContext
  readonly #rooms: Rooms
  readonly #startedMs: number
  #sampledMs: number
  #sampledCpuMs = cpuTimeMs()
  #cpuPercent = 0

  constructor(context: RoomsContext, rooms: Rooms) {
    this.#context = context
    this.#rooms = rooms
    this.#startedMs = context.clock.monotonicMs()
    this.#sampledMs = this.#startedMs
  }

  describe(): NodeDescription & JsonObject {
    const { identity, config, release, clock } = this.#context
    const position = this.#rooms.network.position()
    return {
      node: identity.node,
      operator: identity.operator,
      place: config.place,
      release,
      pid: process.pid,
      uptimeMs: Math.round(clock.monotonicMs() - this.#startedMs),
      state: position.state,
      root: position.root ?? null,
      parent: position.parent ?? null,
      children: [...position.children],
      depth: position.depth,
      degree: position.degree,
      load: this.#load(),
    }
  }

  #load(): NodeLoad & JsonObject {
    const store = this.#rooms.store.status()
    const compute = this.#rooms.compute.status()
    return {
      cpuPercent: this.#cpu(),
      rssBytes: rssBytes(),
      shards: store.shards,
      storedBytes: store.bytes,
      repairsPending: store.repairsPending,
      repairsWaiting: store.repairsWaiting,
      repairsDone: store.repairsDone,
      runningJobs: compute.runningJobs,
      jobSlots: compute.jobSlots,
      jobsWhy: compute.unavailableWhy ?? null,
    }
  }

  /** Several may ask at once: a figure is kept for a second, or each would see only the slice since the one before. */
  #cpu(): number {
    const nowMs = this.#context.clock.monotonicMs()
    const elapsedMs = nowMs - this.#sampledMs
    if (elapsedMs >= SECOND_MS) {
      const cpuMs = cpuTimeMs()
      this.#cpuPercent = Math.max(0, Math.round((1000 * (cpuMs - this.#sampledCpuMs)) / elapsedMs) / 10)
      this.#sampledMs = nowMs
      this.#sampledCpuMs = cpuMs
    }
    return this.#cpuPercent
  }
}
