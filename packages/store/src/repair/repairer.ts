import { isBorgError, limits, messageOf, type NodeId } from '@borgios/core'
import type { Member, PeerNetwork } from '@borgios/peertree'
import type { RecordId, StripeRecord } from '@borgios/protocol'
import type { StoreContext } from '../files/store-context.ts'
import type { Candidate } from '../placement/placement.ts'
import type { ShardStore } from '../shards/shard-store.ts'
import { Gate } from '../transfer/gate.ts'
import { rebuildStripe } from './rebuild-stripe.ts'
import { planRepair, type RepairPlan } from './repair-plan.ts'
import { defaultTimings, type RepairTimings } from './repair-timings.ts'
import { trimShard } from './trim-shard.ts'

export interface RepairerModules extends StoreContext {
  readonly shards: ShardStore
  readonly network: PeerNetwork
}

export interface RepairStatus {
  readonly repairsPending: number
  readonly repairsWaiting: number
  readonly repairsDone: number
}

interface Planned {
  readonly id: RecordId
  readonly record: StripeRecord
  readonly plan: RepairPlan
}

/**
 * Looks after the stripes of which this node knows: all of them after members came or went and now and then, single ones when
 * something was found missing. What to do about each is {@link planRepair}'s business.
 */
export class Repairer {
  readonly #modules: RepairerModules
  readonly #timings: RepairTimings
  readonly #lanes = new Gate(limits.store.repairsAtOnce)
  /** Stripes to look at soon. */
  readonly #suspects = new Set<RecordId>()
  /** Stripes seen short, and since when. */
  readonly #short = new Map<RecordId, number>()
  readonly #waiting = new Set<RecordId>()
  readonly #stopping = new AbortController()
  #stopListening: () => void = () => undefined
  #cancelTimer: () => void = () => undefined
  #sweepAtMs = Number.POSITIVE_INFINITY
  #checkAtMs = Number.POSITIVE_INFINITY
  #running: Promise<void> | undefined
  #done = 0

  constructor(modules: RepairerModules, timings: Partial<RepairTimings>) {
    this.#modules = modules
    this.#timings = { ...defaultTimings, ...timings }
  }

  start(): void {
    this.#stopListening = this.#modules.network.onMemberChange((member) => this.#onMember(member))
    // The others may still be starting, too.
    this.#sweepWithin(this.#timings.graceMs)
  }

  /** These stripes may lack shards. Harmless for ones that do not, or that are not known here. */
  check(records: readonly RecordId[]): void {
    for (const id of records) if (this.#suspects.size < limits.store.repairQueue) this.#suspects.add(id)
    if (records.length > 0) this.#checkWithin(0)
  }

  status(): RepairStatus {
    return {
      repairsPending: this.#short.size - this.#waiting.size,
      repairsWaiting: this.#waiting.size,
      repairsDone: this.#done,
    }
  }

  async stop(): Promise<void> {
    this.#stopListening()
    this.#cancelTimer()
    this.#stopping.abort()
    await this.#running
  }

  #onMember({ node, services, state }: Member): void {
    if (node === this.#modules.network.self || !services.includes('store')) return
    this.#sweepWithin(state === 'down' ? this.#timings.graceMs : 0)
  }

  #sweepWithin(delayMs: number): void {
    this.#sweepAtMs = Math.min(this.#sweepAtMs, this.#soon(delayMs))
    this.#arm()
  }

  #checkWithin(delayMs: number): void {
    this.#checkAtMs = Math.min(this.#checkAtMs, this.#soon(delayMs))
    this.#arm()
  }

  #soon(delayMs: number): number {
    return this.#modules.clock.monotonicMs() + delayMs + this.#modules.random.below(this.#timings.jitterMs + 1)
  }

  #arm(): void {
    if (this.#running !== undefined || this.#stopping.signal.aborted) return
    this.#cancelTimer()
    const dueMs = Math.min(this.#sweepAtMs, this.#checkAtMs) - this.#modules.clock.monotonicMs()
    if (Number.isFinite(dueMs)) this.#cancelTimer = this.#modules.timers.after(Math.max(0, dueMs), () => this.#run())
  }

  #run(): void {
    this.#running = this.#work()
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) {
          this.#modules.logger.error('looking after stripes failed', { why: messageOf(error) })
        }
      })
      .finally(() => {
        this.#running = undefined
        if (this.#short.size > 0) this.#checkAtMs = Math.min(this.#checkAtMs, this.#soon(this.#timings.patienceMs))
        this.#arm()
      })
  }

  async #work(): Promise<void> {
    const nowMs = this.#modules.clock.monotonicMs()
    if (this.#checkAtMs <= nowMs) {
      this.#checkAtMs = Number.POSITIVE_INFINITY
      const ids = [...new Set([...this.#suspects, ...this.#short.keys()])]
      this.#suspects.clear()
      const { recordsPerSweepStep } = limits.store
      for (let at = 0; at < ids.length; at += recordsPerSweepStep) {
        await this.#inspect(ids.slice(at, at + recordsPerSweepStep))
      }
    }
    if (this.#sweepAtMs <= nowMs) {
      this.#sweepAtMs = nowMs + this.#timings.sweepMs
      await this.#sweep()
    }
  }

  async #sweep(): Promise<void> {
    let last: RecordId | undefined
    do {
      const ids = this.#modules.shards.recordsAfter(last, limits.store.recordsPerSweepStep)
      await this.#inspect(ids)
      last = ids.at(-1)
    } while (last !== undefined && !this.#stopping.signal.aborted)
  }

  async #inspect(ids: readonly RecordId[]): Promise<void> {
    this.#stopping.signal.throwIfAborted()
    const planned = await this.#plan(ids)
    const nudges = new Map<NodeId, RecordId[]>()
    await Promise.all(
      planned.map(async (one) => {
        if (one.plan.kind === 'follow') {
          nudges.set(one.plan.leader, [...(nudges.get(one.plan.leader) ?? []), one.id])
        }
        await this.#follow(one)
      }),
    )
    for (const [leader, records] of nudges) this.#modules.holders.nudge(leader, records)
  }

  async #plan(ids: readonly RecordId[]): Promise<readonly Planned[]> {
    const { holders, shards, clock, failedNodes } = this.#modules
    const known = ids.flatMap((id) => {
      const record = shards.record(id)
      if (record === undefined) this.#settle(id)
      return record === undefined ? [] : [{ id, record }]
    })
    if (known.length === 0) return []
    const presence = await holders.locate([...new Set(known.flatMap(({ record }) => record.shards))])
    const candidates = holders.candidates()
    const nodes = candidates.map(({ node }) => node)
    // Else a stripe would be read and coded again and again for nodes that are full.
    const failed = new Set(nodes.filter((node) => failedNodes.get(node) !== undefined))
    const recentlyDown = this.#recentlyDown()
    const nowMs = clock.monotonicMs()
    const { patienceMs } = this.#timings
    const turn = Math.floor(clock.nowMs() / patienceMs)
    return known.map(({ id, record }) => {
      const here = new Map(
        record.shards.flatMap((shard) => (presence.has(shard) ? [[shard, presence.get(shard) ?? []]] : [])),
      )
      const waitedMs = nowMs - (this.#short.get(id) ?? nowMs)
      const { self } = holders
      const held = record.shards.filter((shard) => shards.has(shard))
      // What was here before is not the putter's: it cannot keep us from mending that.
      const isBeingPut = held.length > 0 && held.every((shard) => shards.isBeingPut(shard))
      const members = { candidates, failed, recentlyDown, self }
      const plan = planRepair({ id, record, presence: here, ...members, isBeingPut, waitedMs, patienceMs, turn })
      return { id, record, plan }
    })
  }

  /** Keeps account of a stripe and, if it is this node's turn, repairs it. */
  async #follow({ id, record, plan }: Planned): Promise<void> {
    if (plan.kind === 'whole') {
      this.#settle(id)
      if (!record.shards.some((shard) => this.#modules.shards.has(shard))) await this.#modules.shards.forgetRecord(id)
      return
    }
    // Nobody was to act meanwhile: patience with the leader begins afterwards.
    if (plan.kind === 'grace') this.#short.delete(id)
    this.#note(id, plan.kind === 'unreadable' || plan.kind === 'no-room')
    if (plan.kind === 'trim') await this.#lanes.with(() => trimShard(this.#modules, record, plan))
    if (plan.kind === 'rebuild') await this.#lanes.with(() => this.#rebuild(id, record, plan))
  }

  async #rebuild(id: RecordId, record: StripeRecord, plan: Extract<RepairPlan, { kind: 'rebuild' }>): Promise<void> {
    const { logger, timers } = this.#modules
    if (this.#stopping.signal.aborted) return
    try {
      const unplaced = await rebuildStripe(this.#modules, { id, record, plan })
      logger.info('repaired a stripe', { record: id, shards: plan.missing.length - unplaced, unplaced })
      if (unplaced > 0) return
      this.#done += 1
      this.#settle(id)
      await timers.sleep(this.#timings.pauseMs, this.#stopping.signal)
    } catch (error) {
      if (isBorgError(error) && error.code === 'STORE_FALSE_RECORD') {
        // It can never become whole: what is not known is not tried again and again.
        await this.#modules.shards.forgetRecord(id)
        this.#settle(id)
      }
      if (!this.#stopping.signal.aborted)
        logger.warn('a stripe could not be repaired', { record: id, why: messageOf(error) })
    }
  }

  #note(id: RecordId, isWaiting: boolean): void {
    if (!this.#short.has(id) && this.#short.size < limits.store.repairQueue) {
      this.#short.set(id, this.#modules.clock.monotonicMs())
    }
    if (isWaiting && this.#short.has(id)) this.#waiting.add(id)
    else this.#waiting.delete(id)
  }

  #settle(id: RecordId): void {
    this.#short.delete(id)
    this.#waiting.delete(id)
  }

  #recentlyDown(): readonly Candidate[] {
    const nowMs = this.#modules.clock.nowMs()
    return this.#modules.network
      .members()
      .filter(
        ({ state, services, sinceMs }) =>
          state === 'down' && services.includes('store') && nowMs - sinceMs < this.#timings.graceMs,
      )
  }
}
